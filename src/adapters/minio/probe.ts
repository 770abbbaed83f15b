import { randomUUID } from 'node:crypto';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { S3Client } from './s3Client.js';

const ROUNDS = 2;
const WRITERS = 6;

/** Start-up probe: object stores have lost conditional writes, and everything written once here rests on them. */
export const probeStore = async (client: S3Client, store: BlobStore): Promise<void> => {
  const prefix = `probe/${randomUUID()}`;
  const keys: string[] = [];
  const key = (name: string): string => {
    keys.push(`${prefix}/${name}`);
    return `${prefix}/${name}`;
  };
  try {
    for (let round = 0; round < ROUNDS; round += 1) await race(store, key(`race-${round}`));
    await refuseWrongChecksum(client, store, key('checksum'));
  } finally {
    await Promise.allSettled(keys.map((name) => store.deleteDocument(name)));
  }
};

const race = async (store: BlobStore, key: string): Promise<void> => {
  const bodies = Array.from({ length: WRITERS }, (_, writer) => new TextEncoder().encode(`writer ${writer}`));
  const ended = await Promise.all(bodies.map((body) => create(store, key, body)));
  const winners = bodies.filter((_, writer) => ended[writer]);
  if (winners.length !== 1)
    throw unsafe(`${winners.length} of ${WRITERS} racing writes that must not overwrite were accepted`);
  const there = await store.getDocument(key);
  if (there === undefined || Buffer.compare(there, winners[0]!) !== 0)
    throw unsafe('a read after a write returned something else than was written');
  if (await create(store, key, new TextEncoder().encode('too late')))
    throw unsafe('a write that must not overwrite did overwrite');
};

const create = async (store: BlobStore, key: string, body: Uint8Array): Promise<boolean> => {
  try {
    return (await store.createDocument(key, body)).created;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
    throw error;
  }
};

const refuseWrongChecksum = async (client: S3Client, store: BlobStore, key: string): Promise<void> => {
  const body = new TextEncoder().encode('not what was announced');
  const put = client.call({
    method: 'PUT',
    key,
    body: { size: body.length, sha256: '0'.repeat(64), open: () => body },
    expect: [200],
    attempts: 1,
  });
  if ((await put.then(() => true).catch(() => false)) && (await store.getDocument(key)) !== undefined) {
    throw unsafe('a write with a wrong SHA-256 was accepted');
  }
};

const unsafe = (why: string): SlipwayError =>
  new SlipwayError('store_unsafe', `the object store is not safe to use: ${why}`);
