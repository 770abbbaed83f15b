import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
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
  await writeFile(draft, `${process.pid} ${randomUUID()}`);
  try {
    for (let previousDied = false; ;) {
      if (await linked(draft, path)) return previousDied;
      const holder = await readFile(path, 'utf8').catch(() => '');
      if (holder !== '' && hasDied(Number.parseInt(holder, 10))) {
        previousDied = (await removeStale(path, holder)) || previousDied;
      } else {
        await new Promise((resume) => setTimeout(resume, RETRY_MS));
      }
    }
  } finally {
    await rm(draft, { force: true });
  }
};

/** Our own number can only be that of an earlier process: in this one, turns are queued. */
const hasDied = (pid: number): boolean => pid === process.pid || !isAlive(pid);

/** Moved aside first and then looked at: of two that find the same stale lock, the slower must not remove the faster one's. */
const removeStale = async (path: string, holder: string): Promise<boolean> => {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return false;
  }
  const wasStale = (await readFile(aside, 'utf8')) === holder;
  if (!wasStale) await linked(aside, path);
  await rm(aside, { force: true });
  return wasStale;
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
