import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { isUnreadable, LEADS_OUT, NO_FOLDER, type GuardedFolder, type Unreadable } from './guardedFolder.js';

/** How a folder is guarded: what is different where the machine can hold a thing, and where it can only look at its path. */
export interface Guard extends Pick<GuardedFolder, 'hold' | 'list'> {
  /** Takes away what bears the name in a folder that is held; false where others change it at the same time. */
  remove(folder: string, name: string): Promise<boolean>;
}

/** Places and clears by taking hold of the folder first. */
export const guardFolder = ({ hold, list, remove }: Guard): GuardedFolder => {
  const inFolder = <T extends object>(
    folders: readonly string[],
    work: (folder: string) => Promise<T>,
  ): Promise<T | Unreadable> =>
    hold<T | Unreadable>(folders.join('/'), async ({ file, info }) => (info.isDirectory() ? work(file) : NO_FOLDER));

  const makeFolders = async (path: string, folders: readonly string[]): Promise<void> => {
    for (const [depth, name] of folders.entries()) {
      const made = await inFolder(folders.slice(0, depth), async (folder) => {
        await mkdir(join(folder, name)).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        });
        return {};
      });
      if (isUnreadable(made)) throw refused(path, made);
    }
  };

  return {
    hold,
    list,
    place: async (path, write) => {
      const { folders, name } = namesOf(path);
      const put = () => inFolder(folders, (folder) => write(join(folder, name)));
      let placed = await put();
      if (isUnreadable(placed) && placed.missing) {
        await makeFolders(path, folders);
        placed = await put();
      }
      if (isUnreadable(placed)) throw refused(path, placed);
      return placed;
    },
    clear: async (path) => {
      const { folders, name } = namesOf(path);
      const cleared = await inFolder<object>(folders, async (folder) => ((await remove(folder, name)) ? {} : CHANGED));
      // Where there is no such folder, there is nothing to clear.
      if (isUnreadable(cleared) && (cleared === LEADS_OUT || cleared === CHANGED)) throw refused(path, cleared);
    },
  };
};

const CHANGED: Unreadable = { missing: false, problem: 'is changed by another command while it is cleared' };

/** The names on the way to a path, and its own; refuses what climbs, and the folder itself. */
const namesOf = (path: string): { readonly folders: readonly string[]; readonly name: string } => {
  const names = path.split('/').filter((part) => part !== '' && part !== '.');
  const name = names.at(-1);
  if (name === undefined || path.startsWith('/') || names.includes('..')) throw refused(path, LEADS_OUT);
  return { folders: names.slice(0, -1), name };
};

const refused = (path: string, { missing, problem }: Unreadable): SlipwayError =>
  new SlipwayError('output_missing', `${path} ${missing ? 'leads nowhere' : problem}`, { path });
