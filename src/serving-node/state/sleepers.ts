import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Fence } from '../../domain/rollout/types.js';

/** A model whose only version slept when this was written, under this command. */
export interface Sleeper {
  readonly model: string;
  readonly fence: Fence;
  readonly reason: string;
}

/**
 * Who sleeps, on disk: a node that is started again starts no process for those. It is no more than that: what is lost
 * or damaged is a version that starts awake, and what was left behind is one that wakes with the first request.
 */
export interface Sleepers {
  readAll(): Promise<readonly Sleeper[]>;
  asleep(sleeper: Sleeper): void;
  awake(model: string): void;
  /** What was said is on disk. */
  settled(): Promise<void>;
}

export const createSleepers = (directory: string, log: Logger): Sleepers => {
  const pathOf = (model: string): string => join(directory, `${model}.json`);
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn.then(work).catch((error: unknown) => log.warn({ error }, 'who sleeps could not be written down'));
  };
  return {
    readAll: async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
      const found = await Promise.all(names.map((name) => read(join(directory, name))));
      return found.filter((one) => one !== undefined);
    },
    asleep: (sleeper) =>
      inTurn(async () => {
        await writeFile(`${pathOf(sleeper.model)}.partial`, JSON.stringify(sleeper), { mode: 0o600 });
        await rename(`${pathOf(sleeper.model)}.partial`, pathOf(sleeper.model));
      }),
    awake: (model) => inTurn(() => rm(pathOf(model), { force: true })),
    settled: () => turn,
  };
};

const read = async (path: string): Promise<Sleeper | undefined> => {
  try {
    const { model, fence, reason } = JSON.parse(await readFile(path, 'utf8')) as Partial<Sleeper>;
    return typeof model === 'string' && typeof reason === 'string' && Number.isSafeInteger(fence?.epoch)
      ? { model, fence: fence!, reason }
      : undefined;
  } catch {
    return undefined;
  }
};
