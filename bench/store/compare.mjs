import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import { createMinioBlobStore } from '../../dist/src/adapters/minio/blobStore.js';
import { startMinio } from '../../dist/test/servers/objectStores.js';
import { copySynced, fillFile, stampFile } from '../files.mjs';
import { compare } from '../measure.mjs';

const SIZE = 256 * 1024 * 1024;
const BUCKET = 'bench';

/** Put and get of 256 MiB, digest included, against the minio client (which makes none) and a synced copy on the disk. */
export const compareStore = async ({ rounds }) => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const minio = await startMinio({ folder: join(folder, 'data') });
  const store = createMinioBlobStore({ ...minio, bucket: BUCKET });
  await store.ensureBucket();
  const url = new URL(minio.endpoint);
  const client = new Client({
    endPoint: url.hostname,
    port: Number(url.port),
    useSSL: false,
    accessKey: minio.accessKey,
    secretKey: minio.secretKey,
  });
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  await fillFile(source, SIZE);

  // A blob that is there already costs one HEAD: every put has other bytes, and nothing piles up.
  let written = [];
  const fresh = async () => {
    for (const name of written) await client.removeObject(BUCKET, name);
    written = [];
    await rm(target, { force: true });
    await stampFile(source);
  };
  const put = async () => {
    const { digest } = await store.putBlob({ path: source });
    written.push(`blobs/sha256/${digest.slice('sha256:'.length)}`);
  };
  const kept = await store.putBlob({ path: source });
  await client.fPutObject(BUCKET, 'kept', source);
  const get = () => store.getBlobToFile(kept.digest, target);
  const removeTarget = () => rm(target, { force: true });
  const disk = { peerName: 'copy on the disk, synced', peer: () => copySynced(source, target) };
  try {
    return [
      await compare({
        rounds,
        name: 'put 256 MiB, digest included',
        peerName: 'minio client',
        between: fresh,
        ours: put,
        peer: async () => {
          await client.fPutObject(BUCKET, 'peer', source);
          written.push('peer');
        },
      }),
      await compare({ rounds, name: 'put 256 MiB, digest included', ...disk, between: fresh, ours: put }),
      await compare({
        rounds,
        name: 'get 256 MiB, digest checked',
        peerName: 'minio client',
        between: removeTarget,
        ours: get,
        peer: () => client.fGetObject(BUCKET, 'kept', target),
      }),
      await compare({ rounds, name: 'get 256 MiB, digest checked', ...disk, between: removeTarget, ours: get }),
    ];
  } finally {
    await minio.stop();
    await rm(folder, { recursive: true, force: true });
  }
};
