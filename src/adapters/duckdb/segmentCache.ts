import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';

/** Segments never change: each is fetched once into a folder, and read from there. */
export interface SegmentCache {
  /** Local paths of these segments, in their order. */
  fetch(keys: readonly string[]): Promise<readonly string[]>;
}

const PARALLEL = 8;
const MOST_BYTES = 2 * 1024 ** 3;
/** Another reader may still be using what is younger. */
const KEPT_MS = 3_600_000;

export const createSegmentCache = (store: BlobStore, directory: string, mostBytes = MOST_BYTES): SegmentCache => ({
  fetch: async (keys) => {
    await mkdir(directory, { recursive: true });
    const paths: string[] = [];
    let fetched = 0;
    for (let from = 0; from < keys.length; from += PARALLEL) {
      const batch = keys.slice(from, from + PARALLEL).map(async (key) => {
        const path = join(directory, `${createHash('sha256').update(key).digest('hex')}.parquet`);
        if (await touched(path)) return path;
        await fetchOne(store, key, path);
        fetched += 1;
        return path;
      });
      paths.push(...(await Promise.all(batch)));
    }
    if (fetched > 0) await prune(directory, mostBytes);
    return paths;
  },
});

const fetchOne = async (store: BlobStore, key: string, path: string): Promise<void> => {
  const body = await store.getDocument(key);
  if (body === undefined) throw new SlipwayError('not_found', `the segment ${key} has gone`, { key });
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, body);
  await rename(partial, path);
};

/** True where the file is there; its age then counts from now. */
const touched = async (path: string): Promise<boolean> => {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
};

/** Removes what was not asked for the longest, until the rest has room. */
const prune = async (directory: string, mostBytes: number): Promise<void> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.parquet'));
  const files = (
    await Promise.all(
      names.map(async (name) => {
        const info = await stat(join(directory, name)).catch(() => undefined);
        return info === undefined ? [] : [{ name, size: info.size, usedAt: info.mtimeMs }];
      }),
    )
  ).flat();
  let excess = files.reduce((sum, file) => sum + file.size, 0) - mostBytes;
  for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
    if (excess <= 0 || Date.now() - file.usedAt < KEPT_MS) return;
    await rm(join(directory, file.name), { force: true });
    excess -= file.size;
  }
};
