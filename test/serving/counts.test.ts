import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { exchangeJson } from '../../src/transport/exchange.js';
import { addCounts, NO_COUNTS, type FeatureCounts } from '../../src/domain/inference/featureCounts.js';
import { makeArtifact, testModel } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { startStandalone, type Standalone } from './standalone.js';

const artifact = makeArtifact(testModel(0.1));
const ROW = { hour: 7, distance: 100, origin: 'a' };

type Written = FeatureCounts & { readonly version: string; readonly since: number; readonly until: number };

const written = async ({ store }: Standalone): Promise<readonly Written[]> => {
  const keys = await store.listDocuments('counts/');
  for (const key of keys)
    assert.match(key, /^counts\/late\/test\/\d{4}-\d\d-\d\d\/\d\d\/\d{13}-[0-9a-f]{12}-\d+\.json$/);
  const documents = await Promise.all(keys.map((key) => store.getDocument(key)));
  return documents
    .map((bytes) => JSON.parse(Buffer.from(bytes!).toString('utf8')) as Written)
    .sort((a, b) => a.since - b.since || a.until - b.until);
};

const sum = (all: readonly FeatureCounts[]): FeatureCounts =>
  all.reduce((total, one) => addCounts(total, one), NO_COUNTS);

describe('counts per feature', () => {
  it('are written when the server stops, each row once, also across a new command of the node', async () => {
    const alone = await startStandalone(artifact, { countsEveryMs: 3_600_000 });
    await alone.server.ready;
    await infer(alone.url, inferBody([ROW, { hour: null, distance: 101, origin: 'zz' }]));
    await infer(alone.url, inferBody([ROW]));
    const fence = { method: 'PUT', path: '/slipway/fence', timeoutMs: 1_000, body: { epoch: 1, seq: 2 } } as const;
    await exchangeJson({ socketPath: alone.socket }, fence);
    await infer(alone.url, inferBody([ROW], { parameters: { synthetic: true } }));
    await infer(alone.url, inferBody([ROW]));
    await alone.stop();
    const all = await written(alone);
    const { rows, features, predictions } = sum(all);
    assert.equal(rows, 4, 'a probe is none of them');
    assert.deepEqual(features, {
      hour: [0, 3, 0, 0, 1],
      distance: [3, 1, 0],
      origin: [3, 0, 0, 1, 0],
      tail: [4, 0, 0],
    });
    assert.equal(
      predictions.reduce((total, bin) => total + bin, 0),
      4,
    );
    assert.deepEqual(
      all.map(({ version }) => version),
      [artifact.artifactDigest.slice('sha256:'.length)],
    );
  });

  it('are written by time, each about the time since the one before', async () => {
    const alone = await startStandalone(artifact, { countsEveryMs: 10 });
    await alone.server.ready;
    for (const rows of [1, 2, 3]) {
      await infer(alone.url, inferBody([ROW]));
      await eventually(async () => assert.equal(sum(await written(alone)).rows, rows));
    }
    await alone.stop();
    const all = await written(alone);
    assert.equal(all.length, 3);
    for (const [index, one] of all.entries()) {
      assert.ok(one.since <= one.until);
      if (index > 0) assert.equal(one.since, all[index - 1]!.until, 'one begins where the one before ended');
    }
  });

  it('are none where nothing was asked', async () => {
    const alone = await startStandalone(artifact, { countsEveryMs: 10 });
    await alone.server.ready;
    await alone.stop();
    assert.deepEqual(await written(alone), []);
  });

  it('add up while the store is away, and are neither lost nor written twice', async () => {
    const alone = await startStandalone(artifact, { countsEveryMs: 10 });
    await alone.server.ready;
    alone.store.fail(new Error('the store is gone'));
    for (let request = 0; request < 5; request += 1) await infer(alone.url, inferBody([ROW, ROW]));
    alone.store.fail();
    await eventually(async () => assert.equal(sum(await written(alone)).rows, 10));
    await infer(alone.url, inferBody([ROW]));
    await alone.stop();
    assert.equal(sum(await written(alone)).rows, 11);
  });

  it('do not hold up the end of a server whose store is gone', async () => {
    const alone = await startStandalone(artifact);
    await alone.server.ready;
    await infer(alone.url, inferBody([ROW]));
    alone.store.fail(new Error('the store is gone'));
    await alone.stop();
    alone.store.fail();
    assert.deepEqual(await written(alone), []);
  });
});
