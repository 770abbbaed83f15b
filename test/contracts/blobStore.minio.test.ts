import { after } from 'node:test';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { startMinio } from '../servers/objectStores.js';
import { describeBlobStore } from './blobStore.js';

const server = await startMinio();
after(() => server.stop());

describeBlobStore('MinIO', async () => {
  const store = createMinioBlobStore({ ...server, bucket: 'contract' });
  await store.ensureBucket();
  await store.ensureBucket();
  await store.probe();
  return store;
});
