import { readFile, readdir, readlink } from 'node:fs/promises';

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
    const parent = Number((await statusFields(pid))[1]);
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

export interface Carriers {
  /** Processes that were started with the variable in their environment, wherever they moved since. */
  readonly found: readonly number[];
  /** Young processes that show no environment: one that is just becoming another program has none for a moment. */
  readonly undecided: readonly number[];
}

/**
 * Looks through the environments of all processes that may be read; nothing where there is no /proc.
 *
 * @param since start of the oldest process that may be undecided, as `startOf` gives it
 */
export const carriersOf = async (variable: string, since = Number.POSITIVE_INFINITY): Promise<Carriers> => {
  const found: number[] = [];
  const undecided: number[] = [];
  await forEachProcess(async (pid) => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    if (environment.split('\0').includes(variable)) found.push(pid);
    else if (environment === '') {
      const fields = await statusFields(pid);
      if (fields[0] !== 'Z' && Number(fields[START]) >= since) undecided.push(pid);
    }
  });
  return { found, undecided };
};

/**
 * Other processes that stand in a folder, run a file of it, or have one open; nothing where there is no /proc.
 *
 * @param since older ones are passed over, as `startOf` gives it
 */
export const holdersOf = async (folder: string, since = 0): Promise<readonly number[]> => {
  const found: number[] = [];
  await forEachProcess(async (pid) => {
    if (pid === process.pid || Number((await statusFields(pid))[START]) < since) return;
    const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = ['cwd', 'exe', ...open.map((file) => `fd/${file}`)];
    const targets = await Promise.all(links.map((link) => readlink(`/proc/${pid}/${link}`).catch(() => '')));
    if (targets.some((target) => target === folder || target.startsWith(`${folder}/`))) found.push(pid);
  });
  return found;
};

/** When a process was started, in ticks since the machine was; undefined where that cannot be known. */
export const startOf = async (pid: number): Promise<number | undefined> =>
  statusFields(pid).then(
    (fields) => Number(fields[START]),
    () => undefined,
  );

/** Fields of /proc/<pid>/stat from the state on (proc(5) counts it as the third). */
const statusFields = async (pid: number): Promise<readonly string[]> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  // The name may hold spaces and brackets: the fields begin after the last one.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};
const START = 19;

const forEachProcess = async (visit: (pid: number) => Promise<void>): Promise<void> => {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  // A process may end between listing and reading.
  await Promise.all(pids.map((pid) => visit(pid).catch(() => undefined)));
};
