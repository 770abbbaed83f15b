import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { byPath, isAbsent, isWithin, LEADS_OUT, MISSING, type GuardedFolder } from './guardedFolder.js';
import { guardFolder } from './guardFolder.js';

/**
 * A guarded folder where there is no `/proc`, as on macOS: a path is looked at, and then used. A command that changes
 * links just in between can lead out of it; as commands are not confined there, either, it could go there by itself.
 */
export const createCheckedFolder = (root: string): GuardedFolder => {
  const find = (path: string): Promise<string | undefined> =>
    realpath(join(root, path)).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
  return guardFolder({
    hold: async (path, work) => {
      const file = await find(path);
      if (file === undefined) return MISSING;
      return isWithin(root, file) ? work({ file, info: await lstat(file, { bigint: true }) }) : LEADS_OUT;
    },
    list: async (path = '') => {
      const start = await find(path);
      if (start === undefined || !isWithin(root, start) || !(await lstat(start)).isDirectory()) return [];
      const items = await readdir(start, { recursive: true, withFileTypes: true });
      return items
        .filter((item) => item.isFile() || item.isSymbolicLink())
        .map((item) => ({
          link: item.isSymbolicLink(),
          path: relative(start, join(item.parentPath, item.name)).split(sep).join('/'),
        }))
        .sort(byPath);
    },
    remove: async (folder, name) => {
      await rm(join(folder, name), { recursive: true, force: true });
      return true;
    },
  });
};
