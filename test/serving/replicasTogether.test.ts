/** What several processes of one version write and answer adds up: counts per feature, and a shadow's copies. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { addCounts, NO_COUNTS, type FeatureCounts } from '../../src/domain/inference/featureCounts.js';
import type { TrafficCounters } from '../../src/domain/rollout/types.js';
import { shadowOf, testModel, type TestArtifact } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { childrenOf } from '../fixtures/processes.js';
import { startLoad, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

const growing = (max: number, more: object = {}) => ({
  environments: [
    {
      name: 'test',
      serving: { replicas: { min: 1, max, inFlight: 1, coolDownMs: 1_000, ...more }, coldStartMs: 60_000 },
    },
  ],
});

let scene: Scene;
let load: SteadyLoad;
beforeEach(async () => {
  scene = await openScene({ countsEveryMs: 200, processes: 8 });
});
afterEach(async () => {
  await load.stop();
  await scene.node.discard();
});

const url = (): string => `${scene.node.url()}/v2/models/${MODEL}/infer`;
const processesOf = async ({ artifactDigest }: TestArtifact): Promise<number> => {
  const hex = artifactDigest.slice('sha256:'.length);
  const all = await childrenOf(scene.node.pid());
  return all.filter(({ variables }) => variables['SLIPWAY_ARTIFACT']?.endsWith(hex)).length;
};
const has = (artifact: TestArtifact, processes: number): Promise<void> =>
  eventually(async () => assert.equal(await processesOf(artifact), processes), 60_000);
const countedOf = async ({ artifactDigest }: TestArtifact): Promise<TrafficCounters> =>
  (await scene.node.target.measure(MODEL, 'test')).counters.find((one) => one.artifactDigest === artifactDigest)!;

describe('counts per feature of several processes', () => {
  it('are those of one version: each row once, also of processes that came and went', async () => {
    const artifact = await scene.store(testModel(0.3), { spec: growing(3) });
    await scene.apply(targetVersion(artifact, 100));
    await scene.ready(artifact.artifactDigest);
    load = startLoad(url(), ONE_ROW, 9);
    await has(artifact, 3);
    const writers = async () => {
      const keys = await scene.node.store.listDocuments('counts/');
      return new Set(keys.map((key) => key.split('-').at(-2))).size;
    };
    await eventually(async () => assert.equal(await writers(), 3), 30_000);
    await load.pass(300);
    const { answered, failures } = await load.stop();
    assert.deepEqual(failures, []);
    // Two of them end, and write what they had not written yet.
    await has(artifact, 1);
    const written = async () => {
      const keys = await scene.node.store.listDocuments('counts/');
      const documents = await Promise.all(keys.map((key) => scene.node.store.getDocument(key)));
      return documents.map(
        (bytes) => JSON.parse(Buffer.from(bytes!).toString('utf8')) as FeatureCounts & { version: string },
      );
    };
    await eventually(async () => assert.equal((await written()).reduce(addCounts, NO_COUNTS).rows, answered), 30_000);
    const all = await written();
    assert.deepEqual(new Set(all.map(({ version }) => version)), new Set([artifact.artifactDigest.slice(7)]));
    const { features } = all.reduce<FeatureCounts>(addCounts, NO_COUNTS);
    // 7.3, 100 and `a` of the frozen bins.
    assert.deepEqual(features, {
      hour: [0, answered, 0, 0, 0],
      distance: [answered, 0, 0],
      origin: [answered, 0, 0, 0, 0],
      tail: [answered, 0, 0],
    });
  });
});

describe('a shadow of several processes', () => {
  it('gets each copy once beside a champion of several, and its answers are logged and counted as one', async () => {
    const champion = await scene.store(testModel(0.3), { spec: growing(2) });
    const shadow = await scene.store(testModel(0.4), { spec: growing(2) });
    await scene.apply(targetVersion(champion, 100));
    await scene.ready(champion.artifactDigest);
    await scene.apply(targetVersion(champion, 100), shadowOf(shadow, 100));
    await scene.ready(champion.artifactDigest, shadow.artifactDigest);
    load = startLoad(url(), ONE_ROW, 9);
    await has(champion, 2);
    await has(shadow, 2);
    await load.pass(300);
    const { answered, failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual(byVersion, { [champion.artifactDigest.slice(7)]: answered }, 'a shadow answers no caller');
    await eventually(async () => {
      const { requests, droppedCopies = 0 } = await countedOf(shadow);
      assert.equal(requests + droppedCopies, answered);
    }, 30_000);
    assert.equal((await countedOf(champion)).requests, answered);
    const { requests, rows } = await countedOf(shadow);
    // Both write what is left when they end.
    await scene.apply(targetVersion(champion, 100));
    await has(shadow, 0);
    const copies = (await loggedRows(scene.node.store)).filter(
      (row) => row['version'] === shadow.artifactDigest.slice(7),
    );
    assert.deepEqual([copies.length, rows], [requests, requests]);
    assert.deepEqual(new Set(copies.map((row) => row['route'])), new Set(['shadow']));
    assert.equal(new Set(copies.map((row) => row['prediction_id'])).size, requests, 'no copy was asked twice');
  });
});
