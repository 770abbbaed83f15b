import { after } from 'node:test';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { startSeaweed } from '../servers/objectStores.js';
import { describeBlobStore } from './blobStore.js';

const server = await startSeaweed();
after(() => server.stop());

// Its losers wait for locks in steps of a second.
describeBlobStore(
  'SeaweedFS',
  async () => {
    const store = createMinioBlobStore({ ...server, bucket: 'contract' });
    await store.ensureBucket();
    await store.ensureBucket();
    await store.probe();
    return store;
  },
  { raceRounds: 1 },
);
