import { chmod, lstat, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { homeFileKind, isLeftFolder, type HomeFileKind } from '../../domain/backup/homeFiles.js';

export interface HomeFile {
  /** Below the home, with slashes. */
  readonly path: string;
  readonly kind: Exclude<HomeFileKind, 'left'>;
  readonly mode: number;
}

/** Files of a home that belong into a backup. Links are not followed: they are not what the product writes. */
export const listHomeFiles = async (home: string, below = ''): Promise<readonly HomeFile[]> => {
  const found: HomeFile[] = [];
  const items = await readdir(join(home, below), { withFileTypes: true }).catch(ifThere([]));
  for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? item.name : `${below}/${item.name}`;
    if (item.isDirectory() && !isLeftFolder(path)) found.push(...(await listHomeFiles(home, path)));
    const kind = homeFileKind(path);
    if (!item.isFile() || kind === 'left') continue;
    const info = await lstat(join(home, path)).catch(ifThere(undefined));
    if (info !== undefined) found.push({ path, kind, mode: info.mode & 0o777 });
  }
  return found;
};

/** Undefined where it has gone meanwhile: files are replaced whole. */
export const readHomeFile = async (home: string, path: string): Promise<Uint8Array | undefined> =>
  readFile(join(home, path)).catch(ifThere(undefined));

/** In folders for the owner alone; never over a file that is there. */
export const writeHomeFile = async (home: string, path: string, mode: number, bytes: Uint8Array): Promise<void> => {
  const target = join(home, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await writeFile(target, bytes, { flag: 'wx', mode: 0o600 });
  // The mask of the process does not count here.
  await chmod(target, mode & 0o777);
};

const ifThere =
  <T>(otherwise: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return otherwise;
    throw error;
  };
