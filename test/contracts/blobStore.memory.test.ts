import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { describeBlobStore } from './blobStore.js';

describeBlobStore('memory', async () => createMemoryBlobStore());

it('the fake refuses a blob that was damaged', async () => {
  const store = createMemoryBlobStore();
  const { digest } = await store.putBlob(new TextEncoder().encode('whole'));
  store.damage(`blobs/sha256/${digest.slice(7)}`);
  await assert.rejects(store.getBlob(digest), { code: 'digest_mismatch' });
});
