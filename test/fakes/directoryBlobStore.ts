import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../src/domain/artifact/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { BlobStore } from '../../src/ports/blobStore.js';

/** A BlobStore in a folder, for tests in which several processes share a store. One file per key. */
export const createDirectoryBlobStore = (directory: string): BlobStore => {
  const pathOf = (key: string): string => join(directory, encodeURIComponent(key));
  const read = (key: string): Promise<Uint8Array | undefined> =>
    readFile(pathOf(key)).then(
      (bytes) => new Uint8Array(bytes),
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      },
    );
  const stage = async (body: Uint8Array): Promise<string> => {
    await mkdir(directory, { recursive: true });
    const path = join(directory, `.${randomUUID()}`);
    await writeFile(path, body);
    return path;
  };
  /** False where the key exists. */
  const create = async (key: string, body: Uint8Array): Promise<boolean> => {
    const staged = await stage(body);
    try {
      await link(staged, pathOf(key));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(staged);
    }
  };
  const getBlob = async (digest: Digest, maxBytes = 64 * 1024 * 1024): Promise<Uint8Array> => {
    const bytes = await read(blobKey(digest));
    if (bytes === undefined) throw new SlipwayError('not_found', `no blob ${digest}`);
    if (bytes.length > maxBytes) throw new SlipwayError('too_large', `blob ${digest} has ${bytes.length} bytes`);
    if (sha256(bytes) !== digest) throw new SlipwayError('digest_mismatch', `blob ${digest} is damaged`);
    return bytes;
  };
  return {
    putBlob: async (source) => {
      const bytes = source instanceof Uint8Array ? source : new Uint8Array(await readFile(source.path));
      const digest = sha256(bytes);
      await create(blobKey(digest), bytes);
      return { digest, size: bytes.length };
    },
    getBlob,
    getBlobToFile: async (digest, path) => {
      const bytes = await getBlob(digest, Number.POSITIVE_INFINITY);
      await writeFile(`${path}.partial`, bytes);
      await rename(`${path}.partial`, path);
      return { digest, size: bytes.length };
    },
    hasBlob: async (digest) => {
      const bytes = await read(blobKey(digest));
      return bytes === undefined ? undefined : { digest, size: bytes.length };
    },
    createDocument: async (key, body) => {
      if (await create(key, body)) return { created: true };
      const there = await read(key);
      if (there !== undefined && Buffer.compare(there, body) === 0) return { created: false };
      throw new SlipwayError('precondition_failed', `${key} exists with other content`);
    },
    putDocument: async (key, body) => rename(await stage(body), pathOf(key)),
    getDocument: read,
    listDocuments: async (prefix, { limit = 1000, startAfter = '' } = {}) => {
      const names = await readdir(directory).catch(() => []);
      const keys = names.filter((name) => !name.startsWith('.')).map(decodeURIComponent);
      const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
      return keys
        .filter((key) => key.startsWith(prefix) && compare(key, startAfter) > 0)
        .sort(compare)
        .slice(0, limit);
    },
    deleteDocument: (key) => rm(pathOf(key), { force: true }),
  };
};

const blobKey = (digest: Digest): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;
const sha256 = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
