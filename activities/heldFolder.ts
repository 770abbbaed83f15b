import { closeSync, constants, fstatSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  byPath,
  isAbsent,
  isUnreadable,
  isWithin,
  LEADS_OUT,
  MISSING,
  type GuardedFolder,
  type Held,
  type Listed,
  type Unreadable,
} from './guardedFolder.js';
import { guardFolder } from './guardFolder.js';
import { inParallel } from './inParallel.js';
import { O_PATH, openPath, removeHeld } from './removeHeld.js';

const AT_ONCE = 16;

type Found = Held & { readonly path: string };

/**
 * A guarded folder where `/proc` shows descriptors. A thing is taken hold of first, by whatever links lead to it; then the
 * kernel is asked where it is; and it is used by its descriptor alone, which no change of a name turns into another thing.
 * What lies in a folder is named by the folder's descriptor.
 *
 * @param root the real path of the folder: a command may have moved it, but can put nothing from outside below this path
 */
export const createHeldFolder = (root: string, descriptors: string): GuardedFolder => {
  const find = async <T extends object>(
    path: string,
    flags: number,
    work: (found: Found) => Promise<T>,
  ): Promise<T | Unreadable> => {
    const descriptor = await openPath(path, O_PATH | flags).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (descriptor === undefined) return MISSING;
    const file = `${descriptors}/${descriptor}`;
    try {
      // These wait for no disk, and take less time than handing them to another thread.
      const at = readlinkSync(file);
      if (!isWithin(root, at)) return LEADS_OUT;
      return await work({ file, path: at, info: fstatSync(descriptor, { bigint: true }) });
    } catch (error) {
      throw named(error, file, path);
    } finally {
      closeSync(descriptor);
    }
  };

  /** Things of one folder, which must be the one that its path says. */
  const itemsOf = async (folder: string) => {
    const items = await find(folder, constants.O_DIRECTORY | constants.O_NOFOLLOW, async ({ file, path }) =>
      path === folder ? readdir(file, { withFileTypes: true }) : [],
    );
    return isUnreadable(items) ? [] : items;
  };

  const listBelow = async (start: string): Promise<readonly Listed[]> => {
    const found: Listed[] = [];
    for (let folders: readonly string[] = ['']; folders.length > 0;) {
      const items = await inParallel(folders, AT_ONCE, async (folder) =>
        (await itemsOf(join(start, folder))).map((item) => ({ item, path: join(folder, item.name) })),
      );
      for (const { item, path } of items.flat())
        if (item.isFile() || item.isSymbolicLink()) found.push({ path, link: item.isSymbolicLink() });
      folders = items.flat().flatMap(({ item, path }) => (item.isDirectory() ? [path] : []));
    }
    return found.sort(byPath);
  };

  return guardFolder({
    hold: (path, work) => find(join(root, path), 0, work),
    list: async (path = '') => {
      const start = await find(join(root, path), 0, async (found) => ({ path: found.path }));
      return isUnreadable(start) ? [] : listBelow(start.path);
    },
    remove: (folder, name) => removeHeld(folder, name, descriptors),
  });
};

/** Who reads the message knows the path; the number of the descriptor is that of something else by then. */
const named = (error: unknown, file: string, path: string): unknown => {
  if (error instanceof Error) error.message = error.message.replace(new RegExp(`${file}(?!\\d)`, 'g'), path);
  return error;
};
