import { createHash, randomBytes } from 'node:crypto';
import type { ClaimsRecord } from '../../domain/identity/claims.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { ClaimsReader, ClaimsShelf } from '../../ports/claimsShelf.js';
import type { Stamper, StampReader } from '../../ports/stamps.js';
import { keysBelow } from './keys.js';

const PREFIX = 'identities/';

type Documents = Pick<BlobStore, 'putDocument' | 'getDocument' | 'listDocuments' | 'deleteDocument'>;

/**
 * Claims as stamped documents, each under a key of its own: one that was read once needs no second look, so that a
 * question costs one listing.
 */
export const createClaimsReader = (store: Documents, stamps: StampReader): ClaimsReader => {
  let seen = new Map<string, ClaimsRecord | undefined>();
  return {
    all: async () => {
      const next = new Map<string, ClaimsRecord | undefined>();
      for (const key of await keysBelow(store, PREFIX)) {
        next.set(key, seen.has(key) ? seen.get(key) : await read(store, stamps, key));
      }
      seen = next;
      return [...next.values()].filter((record) => record !== undefined);
    },
  };
};

export const createClaimsShelf = (store: Documents, stamps: StampReader, stamper: Stamper): ClaimsShelf => ({
  ...createClaimsReader(store, stamps),
  keep: async (record) => {
    const folder = folderOf(record);
    const time = String(record.assertedAt).padStart(13, '0');
    const key = `${folder}${time}-${randomBytes(6).toString('hex')}.jws`;
    const text = await stamper.stamp('claims', { ...record });
    await store.putDocument(key, new TextEncoder().encode(text), 'application/jose');
    // What was said before, or in the same second, is of no use any more; where this is cut off the newest counts.
    const others = (await keysBelow(store, folder)).filter((other) => other !== key);
    for (const other of others) if (other < `${folder}${time}~`) await store.deleteDocument(other);
  },
});

const folderOf = ({ issuer, subject }: Pick<ClaimsRecord, 'issuer' | 'subject'>): string =>
  `${PREFIX}${createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')}/`;

const read = async (store: Documents, stamps: StampReader, key: string): Promise<ClaimsRecord | undefined> => {
  const found = await store.getDocument(key);
  const record = found === undefined ? undefined : await stamps.open('claims', new TextDecoder().decode(found));
  // Stamped by us, and of the shape that we stamp.
  return record as ClaimsRecord | undefined;
};
