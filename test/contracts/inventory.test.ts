import { after } from 'node:test';
import { startMinio, startSeaweed } from '../servers/objectStores.js';
import { describeInventory } from './inventory.js';

const [minio, seaweed] = await Promise.all([startMinio(), startSeaweed()]);
after(async () => {
  await Promise.all([minio.stop(), seaweed.stop()]);
});

describeInventory('MinIO', minio);
describeInventory('SeaweedFS', seaweed);
