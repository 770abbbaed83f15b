import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';

/** The ledger's bucket, or a copy of it in a folder: it is read, and nothing else. */
export type LedgerBucket = Pick<BlobStore, 'getDocument' | 'listDocuments'>;

/** A store that sees the damage itself says what a wrong digest would: these are not the bytes that were written. */
export const readBytes = async (bucket: LedgerBucket, key: string): Promise<Uint8Array> => {
  try {
    return (await bucket.getDocument(key)) ?? new Uint8Array();
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'digest_mismatch') return new Uint8Array();
    throw error;
  }
};
