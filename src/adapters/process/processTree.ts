import { readFile, readdir } from 'node:fs/promises';

/** Signals the process group; false when none of it is left. */
export const signalGroup = (leader: number, signal: NodeJS.Signals): boolean => {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
};

/** Signals single processes; those that ended meanwhile are passed over. */
export const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
};

/** Every process below `root`, children before their own children. Empty where there is no /proc. */
export const descendants = async (root: number): Promise<readonly number[]> => {
  const children = new Map<number, number[]>();
  await forEachProcess(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name may hold spaces and brackets: the fields begin after the last one.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  });
  const found: number[] = [];
  for (let queue = [root]; queue.length > 0;) {
    const next = queue.flatMap((pid) => children.get(pid) ?? []);
    found.push(...next);
    queue = next;
  }
  return found;
};

/** Processes that were started with this variable in their environment, wherever they moved since. Empty where there is no /proc. */
export const carriersOf = async (variable: string): Promise<readonly number[]> => {
  const found: number[] = [];
  await forEachProcess(async (pid) => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    if (environment.split('\0').includes(variable)) found.push(pid);
  });
  return found;
};

const forEachProcess = async (visit: (pid: number) => Promise<void>): Promise<void> => {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  // A process may end between listing and reading.
  await Promise.all(pids.map((pid) => visit(pid).catch(() => undefined)));
};
