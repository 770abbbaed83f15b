import { realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { holdersOf, signalAll, startOf } from './processTree.js';

const LOOKS = 100;
const LOOK_AGAIN_MS = 10;

export interface RunFolders {
  /** Does the work of one step in the folder of its run. */
  within<T>(folder: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Ends what holds the folder of a run after the last of the steps that ran in it side by side: a daemon that dropped
 * its session and its environment is told apart from another step by nothing else. The next step waits for that.
 */
export const createRunFolders = (): RunFolders => {
  const running = new Map<string, number>();
  const ending = new Map<string, Promise<void>>();
  return {
    within: async (folder, work) => {
      for (let end = ending.get(folder); end !== undefined; end = ending.get(folder)) await end;
      running.set(folder, (running.get(folder) ?? 0) + 1);
      try {
        return await work();
      } finally {
        const left = (running.get(folder) ?? 1) - 1;
        if (left > 0) running.set(folder, left);
        else {
          running.delete(folder);
          const end = killHolders(folder).finally(() => ending.delete(folder));
          ending.set(folder, end);
          await end;
        }
      }
    },
  };
};

const killHolders = async (folder: string): Promise<void> => {
  const real = await realpath(folder).catch(() => folder);
  const since = await startOf(process.pid);
  for (let look = 0; look < LOOKS; look += 1) {
    const found = await holdersOf(real, since);
    if (found.length === 0) return;
    signalAll(found, 'SIGKILL');
    if (look > 0) await delay(LOOK_AGAIN_MS);
  }
};
