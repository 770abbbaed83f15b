import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BlobStore } from '../../ports/blobStore.js';

/** A copy of a bucket in a folder, one file per key, as `mc mirror` or `aws s3 sync` make it. It is read only. */
export const createFolderDocuments = (directory: string): Pick<BlobStore, 'getDocument' | 'listDocuments'> => {
  let keys: Promise<readonly string[]> | undefined;
  const allKeys = async (): Promise<readonly string[]> =>
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((item) => item.isFile())
      .map((item) => relative(directory, join(item.parentPath, item.name)).split(sep).join('/'))
      .sort(compareKeys);
  return {
    getDocument: async (key) => {
      try {
        return new Uint8Array(await readFile(join(directory, ...key.split('/'))));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    listDocuments: async (prefix, { limit = 1_000, startAfter = '' } = {}) => {
      keys ??= allKeys();
      return (await keys).filter((key) => key.startsWith(prefix) && compareKeys(key, startAfter) > 0).slice(0, limit);
    },
  };
};

/** S3 lists keys in the order of their UTF-8 bytes. */
const compareKeys = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
