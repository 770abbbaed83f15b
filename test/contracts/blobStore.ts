import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { BlobStore } from '../../src/ports/blobStore.js';

const MIB = 1024 * 1024;
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const code =
  (expected: ErrorCode) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof SlipwayError, String(error));
    assert.equal(error.code, expected, error.message);
    return true;
  };

/** What every BlobStore does, fake or real. */
export const describeBlobStore = (name: string, open: () => Promise<BlobStore>, { raceRounds = 5 } = {}): void => {
  describe(`BlobStore contract: ${name}`, () => {
    let store: BlobStore;
    let directory: string;
    const own = (key: string): string => `contract/${randomUUID()}/${key}`;

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'slipway-blobs-'));
      store = await open();
    });
    after(async () => {
      await rm(directory, { recursive: true, force: true });
    });

    for (const size of [0, 1, 300 * 1024, 16 * MIB, 16 * MIB + 1, 40 * MIB]) {
      it(`keeps a file of ${size} bytes under the digest of its bytes`, async () => {
        const path = join(directory, `file-${size}`);
        const bytes = randomBytes(size);
        await writeFile(path, bytes);
        const blob = await store.putBlob({ path });
        assert.deepEqual(blob, { digest: digestOf(bytes), size });
        assert.deepEqual(await store.putBlob({ path }), blob, 'a second put finds it');
        assert.deepEqual(await store.hasBlob(blob.digest), blob);
        assert.deepEqual(await store.getBlobToFile(blob.digest, `${path}.out`), blob);
        assert.equal(digestOf(await readFile(`${path}.out`)), blob.digest);
        assert.equal(digestOf(await store.getBlob(blob.digest)), blob.digest);
      });
    }

    it('keeps bytes as it keeps files', async () => {
      const bytes = randomBytes(2 * MIB);
      const path = join(directory, 'same');
      await writeFile(path, bytes);
      assert.deepEqual(await store.putBlob(bytes), await store.putBlob({ path }));
    });

    it('takes the same blob from many writers at once', async () => {
      const bytes = randomBytes(100_000);
      const blobs = await Promise.all(Array.from({ length: 8 }, () => store.putBlob(bytes)));
      assert.equal(new Set(blobs.map((blob) => blob.digest)).size, 1);
    });

    it('says so when a blob is not there', async () => {
      const digest = digestOf(randomBytes(8));
      assert.equal(await store.hasBlob(digest), undefined);
      await assert.rejects(store.getBlob(digest), code('not_found'));
      await assert.rejects(store.getBlobToFile(digest, join(directory, 'absent')), code('not_found'));
      assert.ok(!(await readdir(directory)).some((file) => file.startsWith('absent')), 'nothing is left on disk');
    });

    it('refuses to hold more in memory than asked for', async () => {
      const { digest } = await store.putBlob(randomBytes(1000));
      await assert.rejects(store.getBlob(digest, 999), code('too_large'));
      assert.equal((await store.getBlob(digest, 1000)).length, 1000);
    });

    it('creates a document once', async () => {
      const key = own('once');
      assert.deepEqual(await store.createDocument(key, text('first')), { created: true });
      assert.deepEqual(await store.createDocument(key, text('first')), { created: false });
      await assert.rejects(store.createDocument(key, text('second')), code('precondition_failed'));
      assert.deepEqual(await store.getDocument(key), text('first'));
    });

    it('lets one of 24 racing creators win', async () => {
      for (let round = 0; round < raceRounds; round += 1) {
        const key = own('race');
        const bodies = Array.from({ length: 24 }, (_, writer) => text(`writer ${writer}`));
        const ended = await Promise.allSettled(bodies.map((body) => store.createDocument(key, body)));
        const winners = bodies.filter((_, writer) => ended[writer]?.status === 'fulfilled');
        assert.equal(winners.length, 1);
        assert.deepEqual(await store.getDocument(key), winners[0]);
        for (const end of ended) if (end.status === 'rejected') code('precondition_failed')(end.reason);
      }
    });

    it('replaces, reads and deletes documents', async () => {
      const key = own('replaced');
      assert.equal(await store.getDocument(key), undefined);
      await store.putDocument(key, text('{"a":1}'), 'application/json');
      await store.putDocument(key, text('{"a":2}'), 'application/json');
      assert.deepEqual(await store.getDocument(key), text('{"a":2}'));
      await store.deleteDocument(key);
      await store.deleteDocument(key);
      assert.equal(await store.getDocument(key), undefined);
    });

    it('keeps an empty document', async () => {
      const key = own('empty');
      await store.putDocument(key, new Uint8Array());
      assert.deepEqual(await store.getDocument(key), new Uint8Array());
    });

    it('lists keys below a prefix, in order, in pages', async () => {
      const prefix = own('list/');
      // No key continues another one after a slash: stores on a file system cannot keep both, and order them apart.
      const names = ['a', 'a b', 'a%2Fb', 'a+b', 'a=b&c', 'b', 'c/1', 'c/2', 'ü'];
      for (const name of [...names].reverse()) await store.putDocument(`${prefix}${name}`, text(name));
      const keys = names.map((name) => `${prefix}${name}`);
      assert.deepEqual(await store.listDocuments(prefix), keys);
      const first = await store.listDocuments(prefix, { limit: 3 });
      assert.deepEqual(first, keys.slice(0, 3));
      assert.deepEqual(await store.listDocuments(prefix, { startAfter: first[2]! }), keys.slice(3));
      for (const key of keys) assert.deepEqual(await store.getDocument(key), text(key.slice(prefix.length)));
      assert.deepEqual(await store.listDocuments(own('nothing/')), []);
    });
  });
};
