import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { BlobRef, Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { BlobStore } from '../../src/ports/blobStore.js';

/** A BlobStore in memory that keeps the port's contract, with doors for tests: see what is stored, damage it, make it fail. */
export interface MemoryBlobStore extends BlobStore {
  /** Everything stored, blobs and documents, by key. */
  readonly objects: ReadonlyMap<string, Uint8Array>;
  /** Flips one bit of a stored object, as a failing disk does. */
  damage(key: string): void;
  /** Every call fails with this error until it is called without one. */
  fail(error?: Error): void;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

export const createMemoryBlobStore = (): MemoryBlobStore => {
  const objects = new Map<string, Uint8Array>();
  let failure: Error | undefined;
  const answering = (): void => {
    if (failure !== undefined) throw failure;
  };

  const read = (digest: Digest): Uint8Array => {
    const bytes = objects.get(blobKey(digest));
    if (bytes === undefined) throw new SlipwayError('not_found', `no blob ${digest}`, { digest });
    if (sha256(bytes) !== digest) throw new SlipwayError('digest_mismatch', `blob ${digest} is damaged`, { digest });
    return bytes;
  };

  return {
    objects,
    damage: (key) => {
      const bytes = objects.get(key)?.slice();
      if (bytes === undefined || bytes.length === 0) throw new Error(`nothing to damage at ${key}`);
      bytes[bytes.length >> 1]! ^= 1;
      objects.set(key, bytes);
    },
    fail: (error) => {
      failure = error;
    },

    putBlob: async (source) => {
      answering();
      const bytes = source instanceof Uint8Array ? source.slice() : new Uint8Array(await readFile(source.path));
      const digest = sha256(bytes);
      if (!objects.has(blobKey(digest))) objects.set(blobKey(digest), bytes);
      return { digest, size: bytes.length };
    },
    getBlob: async (digest, maxBytes = DEFAULT_MAX_BYTES) => {
      answering();
      const bytes = read(digest);
      if (bytes.length > maxBytes)
        throw new SlipwayError('too_large', `blob ${digest} has ${bytes.length} bytes, more than ${maxBytes}`);
      return bytes.slice();
    },
    getBlobToFile: async (digest, path): Promise<BlobRef> => {
      answering();
      const bytes = read(digest);
      await writeFile(`${path}.partial`, bytes);
      await rename(`${path}.partial`, path);
      return { digest, size: bytes.length };
    },
    hasBlob: async (digest) => {
      answering();
      const bytes = objects.get(blobKey(digest));
      return bytes === undefined ? undefined : { digest, size: bytes.length };
    },

    createDocument: async (key, body) => {
      answering();
      const there = objects.get(key);
      if (there === undefined) {
        objects.set(key, body.slice());
        return { created: true };
      }
      if (Buffer.compare(there, body) === 0) return { created: false };
      throw new SlipwayError('precondition_failed', `${key} exists with other content`, { key });
    },
    putDocument: async (key, body) => {
      answering();
      objects.set(key, body.slice());
    },
    getDocument: async (key) => {
      answering();
      return objects.get(key)?.slice();
    },
    listDocuments: async (prefix, options = {}) => {
      answering();
      const { limit = 1000, startAfter = '' } = options;
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, startAfter) > 0);
      return keys.sort(compareKeys).slice(0, limit);
    },
    deleteDocument: async (key) => {
      answering();
      objects.delete(key);
    },
  };
};

/** S3 lists keys in the order of their UTF-8 bytes. */
const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const blobKey = (digest: Digest): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

const sha256 = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
