import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { readCommand } from '../../domain/rollout/readCommand.js';
import type { TargetCommand } from '../../domain/rollout/types.js';

/** The last accepted command of each model, on disk before it is acknowledged. */
export interface DesiredState {
  readAll(): Promise<readonly TargetCommand[]>;
  /** Durable when it returns: written beside, synchronised, renamed, and the folder synchronised too. */
  write(command: TargetCommand): Promise<void>;
}

export const createDesiredState = (directory: string): DesiredState => ({
  readAll: async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
    return Promise.all(names.map((name) => read(join(directory, name))));
  },
  write: async (command) => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${command.model}.json`);
    const partial = `${path}.partial`;
    try {
      await writeSynchronised(partial, JSON.stringify(command));
      await rename(partial, path);
      await synchronise(directory);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC')
        throw new SlipwayError('disk_full', 'the disk has no room for the desired state', {}, { cause });
      throw cause;
    }
  },
});

/** A file that is not what was written is never guessed at: the fence in it keeps old commands out. */
const read = async (path: string): Promise<TargetCommand> => {
  let found: ReturnType<typeof readCommand>;
  try {
    found = readCommand(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new SlipwayError(
      'internal',
      `${path} is damaged: restore it, or remove it to forget the deployment`,
      {},
      { cause },
    );
  }
  if (found.kind === 'invalid') throw new SlipwayError('internal', `${path} is damaged: ${found.reason}`);
  return found.command;
};

const writeSynchronised = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

const synchronise = async (directory: string): Promise<void> => {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
