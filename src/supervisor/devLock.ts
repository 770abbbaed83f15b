import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { SlipwayError } from '../domain/errors/slipwayError.js';

interface Holder {
  /** No two locks are the same: whoever takes a dead one away names it. */
  readonly nonce?: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot, where the system tells: a pid alone can be somebody else's by now. */
  readonly startedAt?: string;
}

/**
 * One `slipway dev` per home: the file names the process that holds it, and appears whole or not at all. One whose
 * process is gone is taken over; of two that do so at once, one wins.
 */
export const lockHome = async (path: string): Promise<() => Promise<void>> => {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(holderOf(process.pid)), { mode: 0o600 });
  try {
    while (!(await linked(draft, path))) {
      const text = await textOf(path);
      if (text === undefined) continue;
      const holder = parse(text);
      if (holder !== undefined && isAlive(holder)) {
        throw new SlipwayError(
          'usage',
          `slipway dev runs already for this home, as process ${holder.pid}; stop it, or choose another --home`,
          { pid: holder.pid },
        );
      }
      await takeAway(path, text, draft);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return () => rm(path, { force: true });
};

/**
 * Removes exactly the lock that was read, and never one that another starter has put in its place meanwhile: only who has claimed
 * that very text may remove it, and looks once more then. The claim goes last, so that who read the text before finds something
 * else under its own. A claim whose process is gone is a dead lock as well.
 */
const takeAway = async (path: string, read: string, draft: string): Promise<void> => {
  const claim = `${path}.${createHash('sha256').update(read).digest('hex').slice(0, 16)}`;
  if (!(await linked(draft, claim))) {
    const claimed = await textOf(claim);
    const holder = claimed === undefined ? undefined : parse(claimed);
    if (claimed !== undefined && (holder === undefined || !isAlive(holder))) await takeAway(claim, claimed, draft);
    return;
  }
  try {
    if ((await textOf(path)) === read) await rm(path, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
};

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

const linked = async (draft: string, path: string): Promise<boolean> => {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const parse = (text: string): Holder | undefined => {
  try {
    const holder = JSON.parse(text) as Partial<Holder>;
    return Number.isSafeInteger(holder.pid) && holder.pid! > 0 ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
};

const holderOf = (pid: number): Holder => {
  const startedAt = startOf(pid);
  return { nonce: randomUUID(), pid, ...(startedAt === undefined ? {} : { startedAt }) };
};

const isAlive = ({ pid, startedAt }: Holder): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startedAt === undefined || startOf(pid) === startedAt;
};

/** Field 22 of /proc/<pid>/stat (proc(5)); the name in field 2 may hold spaces and parentheses. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};
