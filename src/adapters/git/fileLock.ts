import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';

const queues = new Map<string, Promise<unknown>>();
const RETRY_MS = 50;

/**
 * One holder at a time, among the processes of this machine. The lock names its holder; one whose process is gone is
 * taken over, and `work` is told, because the work may have been left half done.
 */
export const withFileLock = async <T>(path: string, work: (previousDied: boolean) => Promise<T>): Promise<T> => {
  const before = queues.get(path) ?? Promise.resolve();
  const turn = before.catch(() => undefined).then(() => hold(path, work));
  const settled = turn.catch(() => undefined);
  queues.set(path, settled);
  void settled.then(() => {
    if (queues.get(path) === settled) queues.delete(path);
  });
  return turn;
};

const hold = async <T>(path: string, work: (previousDied: boolean) => Promise<T>): Promise<T> => {
  const previousDied = await take(path);
  try {
    return await work(previousDied);
  } finally {
    await rm(path, { force: true });
  }
};

const take = async (path: string): Promise<boolean> => {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, String(process.pid));
  try {
    for (let previousDied = false; ;) {
      if (await linked(draft, path)) return previousDied;
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (holder > 0 && (holder === process.pid || !isAlive(holder))) {
        // Our own number can only be that of an earlier process: in this one, turns are queued.
        await rm(path, { force: true });
        previousDied = true;
      } else {
        await new Promise((resume) => setTimeout(resume, RETRY_MS));
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
};

/** A link appears whole, with the holder's number in it, or not at all. */
const linked = async (draft: string, path: string): Promise<boolean> => {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
