import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readlink, rm, stat, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** What nobody has used for this long is taken away; longer than any command may run. */
const KEPT_MS = 30 * 86_400_000;
/** What nobody finished. */
const UNFINISHED_MS = 86_400_000;

export interface Shelf {
  /** Folder of a finished environment. */
  find(key: string): Promise<string | undefined>;
  /** A new folder to make one in, which nobody sees yet. */
  begin(key: string): Promise<string>;
  /** Shows it under its key; where another one was faster, that one's folder, and this one is gone. */
  finish(key: string, folder: string): Promise<string>;
  discard(folder: string): Promise<void>;
  /** Takes away what is old. */
  sweep(): Promise<void>;
}

/**
 * Environments by key. Each is made at the place where it stays, since its programs hold their own path, and is seen
 * only through a link that is made last: who is cut off leaves no half of one, and of two at once the first one counts.
 *
 * @param works false where somebody took its interpreter, or part of it, away
 */
export const openShelf = (root: string, works: (environment: string) => Promise<boolean>): Shelf => ({
  find: async (key) => {
    const name = await readlink(join(root, key)).catch(() => undefined);
    if (name === undefined) return undefined;
    const folder = join(root, name);
    if (!(await works(folder))) {
      await rm(join(root, key), { force: true });
      return undefined;
    }
    const now = new Date();
    await utimes(folder, now, now);
    return folder;
  },
  begin: async (key) => {
    const folder = join(root, `${key}.${randomUUID()}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  },
  finish: async (key, folder) => {
    try {
      await symlink(folder.slice(root.length + 1), join(root, key));
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const first = await readlink(join(root, key));
      await remove(folder);
      return join(root, first);
    }
  },
  discard: remove,
  sweep: async () => {
    const items = await readdir(root, { withFileTypes: true });
    const links = items.filter((item) => item.isSymbolicLink());
    const shown = new Map(
      await Promise.all(links.map(async ({ name }) => [await readlink(join(root, name)), name] as const)),
    );
    for (const { name } of items.filter((item) => item.isDirectory() && item.name.includes('.'))) {
      const age = Date.now() - (await stat(join(root, name))).mtimeMs;
      const key = shown.get(name);
      if (age < (key === undefined ? UNFINISHED_MS : KEPT_MS)) continue;
      if (key !== undefined) await rm(join(root, key), { force: true });
      await remove(join(root, name));
    }
  },
});

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
