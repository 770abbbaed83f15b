import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { Client } from 'minio';
import { createMinioBlobStore, type MinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import type { ObjectStoreServer } from '../servers/objectStores.js';

const PART = 5 * 1024 * 1024;
const DAY_MS = 86_400_000;

/** What the inventory of a store says and does on every S3 server. */
export const describeInventory = (
  name: string,
  server: Pick<ObjectStoreServer, 'endpoint' | 'accessKey' | 'secretKey'>,
): void => {
  describe(`inventory: ${name}`, () => {
    const bucket = 'inventory';
    let store: MinioBlobStore;
    const url = new URL(server.endpoint);
    const control = new Client({ ...server, endPoint: url.hostname, port: Number(url.port), useSSL: false });
    // The client has it, and its types hide it.
    const parts = control as unknown as {
      listParts(bucket: string, key: string, id: string): Promise<readonly unknown[]>;
    };

    before(async () => {
      store = createMinioBlobStore({ ...server, bucket });
      await store.ensureBucket();
      await createMinioBlobStore({ ...server, bucket: 'another' }).ensureBucket();
    });

    /** An upload whose process was killed after its first part. */
    const abandoned = async (key: string, where = bucket): Promise<string> => {
      const uploadId = await control.initiateNewMultipartUpload(where, key, {});
      const body = randomBytes(PART);
      await control.uploadPart(
        {
          ...{ bucketName: where, objectName: key, uploadID: uploadId, partNumber: 1 },
          headers: { 'content-length': String(PART) },
        },
        body,
      );
      return uploadId;
    };
    const isThere = async (key: string, uploadId: string, where = bucket): Promise<boolean> =>
      parts.listParts(where, key, uploadId).then(
        (found) => found.length > 0,
        (error: { code?: string }) => {
          if (error.code === 'NoSuchUpload') return false;
          throw error;
        },
      );
    const blobKey = (): string => `blobs/sha256/${createHash('sha256').update(randomBytes(8)).digest('hex')}`;

    it('lists what is stored, and another mark where the bytes are others', async () => {
      await store.putDocument('listed/a', new Uint8Array([1]));
      await store.putDocument('listed/b', new Uint8Array([1, 2]));
      const first = await store.inventory.listObjects('listed/');
      assert.deepEqual(
        first.map(({ key, size }) => [key, size]),
        [
          ['listed/a', 1],
          ['listed/b', 2],
        ],
      );
      assert.ok(first.every(({ at }) => Math.abs(Date.now() - at) < 600_000));
      assert.deepEqual(await store.inventory.listObjects('listed/'), first);
      await store.putDocument('listed/a', new Uint8Array([3]));
      const [changed, same] = await store.inventory.listObjects('listed/');
      assert.notEqual(changed?.etag, first[0]?.etag);
      assert.deepEqual(same, first[1]);
    });

    it('gives up uploads of blobs that nobody completed, and touches no other', async () => {
      const kept = await store.putBlob(randomBytes(10));
      const [one, two] = [blobKey(), blobKey()];
      const mine = [
        [one, await abandoned(one)],
        [one, await abandoned(one)],
        [two, await abandoned(two)],
      ] as const;
      const foreign = 'inbox/of-somebody-else';
      const foreignId = await abandoned(foreign);
      const elsewhere = await abandoned(two, 'another');
      const soon = Date.now() + DAY_MS;
      assert.equal(await store.inventory.abortUploadsBefore(Date.now() - DAY_MS, false), 0, 'they are young');
      assert.equal(await store.inventory.abortUploadsBefore(soon, true), 3);
      for (const [key, id] of mine) assert.equal(await isThere(key, id), true, 'a dry run only looks');
      assert.equal(await store.inventory.abortUploadsBefore(soon, false), 3);
      for (const [key, id] of mine) assert.equal(await isThere(key, id), false);
      assert.equal(await isThere(foreign, foreignId), true);
      assert.equal(await isThere(two, elsewhere, 'another'), true);
      assert.equal(await store.inventory.abortUploadsBefore(soon, false), 0);
      assert.ok(await store.hasBlob(kept.digest));
    });
  });
};
