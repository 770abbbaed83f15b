import { closeSync, constants, open } from 'node:fs';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inParallel } from './inParallel.js';

/** Of Linux: a descriptor that names a thing without opening it, so that no pipe waits and no device notices. */
export const O_PATH = 0o10000000;
export const openPath = promisify(open);
const AT_ONCE = 8;
/** Each level holds a descriptor while what lies below it is removed. */
const MOST_LEVELS = 256;
/** How often a name may turn out to be something else than a moment before. */
const TRIES = 10;

/**
 * Removes what bears the name in a folder that is held, with everything below it. No name is looked at and then used:
 * deleting tells a folder from everything else, and a folder is entered only as what it is, never by a link.
 *
 * @returns false where others change it quicker than it can be removed, or it nests too deep
 */
export const removeHeld = async (folder: string, name: string, descriptors: string, level = 0): Promise<boolean> => {
  const path = join(folder, name);
  if (level > MOST_LEVELS) return false;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const deleted = await tried(unlink(path));
    if (deleted !== 'EISDIR') return true;
    if (!(await emptied(path, descriptors, level))) return false;
    const removed = await tried(rmdir(path));
    if (removed !== 'ENOTEMPTY' && removed !== 'ENOTDIR') return true;
  }
  return false;
};

const emptied = async (path: string, descriptors: string, level: number): Promise<boolean> => {
  const descriptor = await openPath(path, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    },
  );
  if (descriptor === undefined) return true;
  try {
    const folder = `${descriptors}/${descriptor}`;
    const items = await readdir(folder, { withFileTypes: true });
    const remove = ({ name }: { readonly name: string }): Promise<boolean> =>
      removeHeld(folder, name, descriptors, level + 1);
    // One folder after the other, so that descriptors are as many as levels.
    const files = await inParallel(
      items.filter((item) => !item.isDirectory()),
      AT_ONCE,
      remove,
    );
    const folders = await inParallel(
      items.filter((item) => item.isDirectory()),
      1,
      remove,
    );
    return ![...files, ...folders].includes(false);
  } finally {
    closeSync(descriptor);
  }
};

/** What it failed with, of what a name that changes may bring about; undefined where it is done, or nothing is there. */
const tried = async (work: Promise<void>): Promise<'EISDIR' | 'ENOTEMPTY' | 'ENOTDIR' | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'ENOTDIR') return code;
    throw error;
  }
};
