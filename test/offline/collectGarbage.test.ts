import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { StoredBlob } from '../../src/domain/artifact/collectGarbage.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { collectGarbage } from '../../src/offline/collectGarbage.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { verifyArtifact } from '../../src/offline/verifyArtifact.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { storeRelease, TRUSTED } from '../fixtures/storedRelease.js';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A store with a release, evidence that only the ledger names, and blobs that nothing names: an old and a young one. */
const openScene = async () => {
  const store = createMemoryBlobStore();
  const bucket = createMemoryBlobStore();
  const objects = store.objects as Map<string, Uint8Array>;
  const ages = new Map<Digest, number>();
  const { digest } = await storeRelease(store);
  const table = (await store.putBlob(encode('rows'))).digest;
  const evidence = (await store.putBlob(encode({ kind: 'build', outputs: { digest: table } }))).digest;
  await createStoreLedger(bucket).append('release/ferry/c', 'b', 'stage.build', 1, { evidence });
  const served = (await store.putBlob(encode('champion of an environment'))).digest;
  await store.putDocument('pointers/environments/ferry/production.json', encode({ artifactDigest: served }));
  const old = (await store.putBlob(encode('left behind'))).digest;
  const young = (await store.putBlob(encode('of a release under way'))).digest;
  ages.set(young, NOW - DAY);
  const blobs = (): readonly StoredBlob[] =>
    [...objects].flatMap(([key, bytes]) => {
      const named = key.startsWith('blobs/') ? (`sha256:${key.slice(-64)}` as Digest) : undefined;
      return named === undefined ? [] : [{ digest: named, size: bytes.length, at: ages.get(named) ?? 0 }];
    });
  const swept: boolean[] = [];
  const collect = (dryRun: boolean, graceMs = 7 * DAY) =>
    collectGarbage(
      store,
      bucket,
      {
        listBlobs: async () => blobs(),
        deleteBlob: async (one) => void objects.delete(`blobs/sha256/${one.slice(7)}`),
        abortUploadsBefore: async (_, dry) => (swept.push(dry), 0),
      },
      { dryRun, graceMs, now: NOW },
    );
  return { store, digest, table, evidence, served, old, young, collect, swept };
};

describe('the collection of garbage', () => {
  it('only looks in a dry run', async () => {
    const { store, collect, old, swept } = await openScene();
    const found = await collect(true);
    assert.deepEqual(
      found.garbage.map(({ digest }) => digest),
      [old],
    );
    assert.ok(await store.hasBlob(old));
    assert.deepEqual(swept, [true]);
  });

  it('deletes what nothing names, and touches nothing that ledger, release or environment name, or what those name', async () => {
    const { store, collect, old, young, table, evidence, served, digest } = await openScene();
    const { garbage, blobs, named } = await collect(false);
    assert.deepEqual(
      garbage.map((one) => one.digest),
      [old],
    );
    assert.deepEqual([await store.hasBlob(old), blobs - named], [undefined, 2]);
    for (const kept of [young, table, evidence, served, digest]) assert.ok(await store.hasBlob(kept), kept);
    const artifact = await createStoredArtifacts(store).open(digest);
    assert.equal((await verifyArtifact(artifact, TRUSTED)).ok, true);
    assert.deepEqual((await collect(false)).garbage, []);
  });

  it('keeps what a release, a telling put aside and a cached step name, also of a model or a step named logs', async () => {
    const { store, collect, old } = await openScene();
    const put = async (key: string): Promise<Digest> => {
      const { digest } = await store.putBlob(encode(`named in ${key}`));
      await store.putDocument(key, encode({ digest }));
      return digest;
    };
    const named = [
      await put('releases/logs/c/release.json'),
      await put('releases/logs/c/told.1/evidence.json'),
      await put('releases/ferry/logs/release.json'),
      await put(`cache/branch.main/logs/train/${'0'.repeat(64)}.json`),
      await put(`cache/branch.main/ferry/logs/${'0'.repeat(64)}.json`),
    ];
    const unread = [
      await put('releases/logs/c/logs/build.1/000001.json'),
      await put('releases/ferry/c/told.12/logs/build.1/000001.json'),
    ];
    const { garbage } = await collect(false);
    assert.deepEqual(garbage.map(({ digest }) => digest).sort(), [old, ...unread].sort());
    for (const kept of named) assert.ok(await store.hasBlob(kept), kept);
  });

  it('refuses to look at what may belong to a release under way', async () => {
    const { collect } = await openScene();
    await assert.rejects(collect(true, DAY - 1), (error) => error instanceof SlipwayError && error.code === 'usage');
  });
});
