import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Client } from 'minio';
import { createMinioBlobStore } from '../../dist/src/adapters/minio/blobStore.js';
import { startMinio } from '../../dist/test/servers/objectStores.js';
import { freePorts } from '../../dist/src/supervisor/freePorts.js';
import { copySynced, fillFile, stampFile } from '../files.mjs';
import { compare } from '../measure.mjs';
import { openPeers } from './peers.mjs';

const GIB = 1024 ** 3;
const BUCKET = 'bench';
/** A sample takes seconds: more rounds than this would take an hour. */
const MOST_ROUNDS = 5;

/** Put and get of 1 GiB, digest included, against what teams move model files with. */
export const compareTransfer = async ({ rounds: asked }) => {
  const rounds = Math.min(asked, MOST_ROUNDS);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const minio = await startMinio({ folder: join(folder, 'data') });
  const store = createMinioBlobStore({ ...minio, bucket: BUCKET });
  await store.ensureBucket();
  const [port] = await freePorts(1);
  const { peers: clients, stop } = await openPeers({ ...minio, bucket: BUCKET, folder, port });
  const peers = [...clients, minioClient(minio)];
  const source = join(folder, 'source');
  const target = join(folder, 'got', basename(source));
  await mkdir(join(folder, 'got'));
  await fillFile(source, GIB);
  const control = minioClient(minio).client;
  const removeAll = async () => {
    for await (const { name } of control.listObjectsV2(BUCKET, '', true)) await control.removeObject(BUCKET, name);
  };
  // A blob that is there already costs one HEAD: every put has other bytes, and nothing piles up.
  const fresh = async () => {
    await removeAll();
    await rm(target, { force: true });
    await stampFile(source);
  };
  const disk = { name: 'copy on the disk, synced', put: () => copySynced(source, target) };
  const rows = [];
  try {
    for (const peer of [...peers, disk]) {
      rows.push(
        await compare({
          rounds,
          name: 'put 1 GiB, digest included',
          peerName: peer.name,
          between: fresh,
          ours: () => store.putBlob({ path: source }),
          peer: () => peer.put(source, 'peer'),
        }),
      );
    }
    await removeAll();
    const kept = await store.putBlob({ path: source });
    for (const peer of [...peers, { ...disk, get: disk.put }]) {
      await peer.put(source, 'peer');
      rows.push(
        await compare({
          rounds,
          name: 'get 1 GiB, digest checked',
          peerName: peer.name,
          between: () => rm(target, { force: true }),
          ours: () => store.getBlobToFile(kept.digest, target),
          // MLflow names what it keeps by the file it was given.
          peer: () => peer.get(target, peer.namesItself ? basename(source) : 'peer'),
        }),
      );
    }
    return rows;
  } finally {
    await stop();
    await minio.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const minioClient = ({ endpoint, accessKey, secretKey }) => {
  const url = new URL(endpoint);
  const client = new Client({ endPoint: url.hostname, port: Number(url.port), useSSL: false, accessKey, secretKey });
  return {
    name: 'minio client',
    client,
    put: (path, key) => client.fPutObject(BUCKET, key, path),
    get: (path, key) => client.fGetObject(BUCKET, key, path),
  };
};
