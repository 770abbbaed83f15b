import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import { createArtifactCache } from '../../src/serving-node/artifacts/artifactCache.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { makeArtifact, storeArtifact, testModel } from '../fixtures/artifact.js';

describe('artifacts on the disk of a serving node', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-cache-'));
  after(() => rmSync(directory, { recursive: true }));
  const store = createMemoryBlobStore();
  const cache = createArtifactCache(store, directory);
  const folderOf = (digest: Digest): string => join(directory, digest.slice('sha256:'.length));
  const stored = async (bias: number): Promise<Digest> =>
    (await storeArtifact(store, makeArtifact(testModel(bias)))).artifactDigest;

  it('stay where they are wanted, and the five of the others that were used last', async () => {
    const digests: Digest[] = [];
    for (let nth = 0; nth < 9; nth += 1) {
      const digest = await stored(nth);
      digests.push(digest);
      assert.equal(basename(await cache.ensure(digest)), digest.slice('sha256:'.length));
      await utimes(folderOf(digest), nth, nth);
    }
    const [oldest, second, third, fourth, ...newest] = digests as [Digest, Digest, Digest, Digest, ...Digest[]];
    await cache.ensure(second);
    await cache.tidy((digest) => digest === oldest);
    const there = digests.filter((digest) => existsSync(folderOf(digest)));
    assert.deepEqual(there, [oldest, second, ...newest.slice(1)]);
    assert.equal(existsSync(folderOf(third)) || existsSync(folderOf(fourth)), false);
  });

  it('are fetched again where they are gone, or damaged', async () => {
    const digest = await stored(2);
    assert.equal(existsSync(folderOf(digest)), false);
    const folder = await cache.ensure(digest);
    writeFileSync(join(folder, 'model.onnx'), 'damaged');
    await cache.ensure(digest);
    assert.notEqual(readFileSync(join(folder, 'model.onnx'), 'utf8'), 'damaged');
  });
});
