/** What one version has of the processes of its node, and what its own load wants. */
export interface ProcessNeed {
  /** Names it among the others. */
  readonly key: string;
  /** Those that there are and stay, with those that still start. */
  readonly has: number;
  /** What its load wants, within its own limits; 0: it sleeps, or goes to sleep. */
  readonly wants: number;
  /** What one more of its processes would take, MiB. */
  readonly memoryMiB: number;
}

/** What a node has for the processes of all its models together. */
export interface ProcessRoom {
  readonly processes: number;
  readonly memoryMiB: number;
  /** Processes that are there now, with those that answer their last requests. */
  readonly taken: number;
}

/** How many processes a version gets; `short` says why they are fewer than it wants. */
export interface ProcessShare {
  readonly gets: number;
  readonly short?: string;
}

/** A new process leaves so much of the memory free: what is there grows and shrinks, and must not come and go with that. */
const FILLED = 0.9;

/**
 * Who gets the next process of a node on which all want more than it has: each version that is awake has its first one,
 * always, because a command or a caller waits for it. Every further one goes to who has been given the fewest (max-min
 * fairness), of those to who has it already, so that what is shared under a steady load stays where it is. So nobody has
 * more than another one that wants more, but for the one that cannot be divided; and who came first does not keep what
 * another one needs as much.
 *
 * A version with more than its share gives it back; one with less begins as many as there is room for now, and the others
 * when the processes that are given back have ended.
 *
 * @returns one share per need, in their order
 * @see Bertsekas and Gallager, Data Networks, 6.5.2: max-min flow control
 * @example 4 processes, and wants of 3, 3 and 1: 2, 1 and 1
 */
export const shareProcesses = (needs: readonly ProcessNeed[], room: ProcessRoom): readonly ProcessShare[] => {
  const targets = fill(needs, room);
  const now = begin(needs, targets, room);
  return needs.map(({ has, wants }, index) => {
    const target = targets[index]!;
    const gets = now[index]!;
    if (gets >= wants) return { gets };
    const short =
      gets < target.gets
        ? 'it waits for the end of a process of another version'
        : sayFull(target.full ?? 'processes', room);
    // One that has more than its share, and wants more still, is told of the share as well.
    return { gets, short: gets < has ? `${short}, and others have fewer` : short };
  });
};

interface Target {
  readonly gets: number;
  /** What there is no more of. */
  readonly full?: 'processes' | 'memory';
}

const fill = (needs: readonly ProcessNeed[], room: ProcessRoom): readonly Target[] => {
  const targets: Target[] = needs.map(({ wants }) => ({ gets: Math.min(wants, 1) }));
  let processes = room.processes - sum(targets.map(({ gets }) => gets));
  let memoryMiB = room.memoryMiB - sum(needs.map((need, at) => targets[at]!.gets * need.memoryMiB));
  const open = new Set(needs.keys());
  for (;;) {
    const next = nextOf(needs, targets, open);
    if (next === undefined) return targets;
    const { has, memoryMiB: each } = needs[next]!;
    const { gets } = targets[next]!;
    const kept = gets < has ? 0 : (1 - FILLED) * room.memoryMiB;
    const full = processes < 1 ? 'processes' : memoryMiB - each < kept ? 'memory' : undefined;
    if (full !== undefined) {
      targets[next] = { gets, full };
      open.delete(next);
      continue;
    }
    targets[next] = { gets: gets + 1 };
    processes -= 1;
    memoryMiB -= each;
  }
};

/** Whose turn it is to be given one more; undefined: nobody wants one that may have it. */
const nextOf = (
  needs: readonly ProcessNeed[],
  targets: readonly Target[],
  open: ReadonlySet<number>,
): number | undefined => {
  let best: number | undefined;
  for (const at of open) {
    if (targets[at]!.gets >= needs[at]!.wants) continue;
    if (best === undefined || isBefore(needs, targets, at, best)) best = at;
  }
  return best;
};

const isBefore = (needs: readonly ProcessNeed[], targets: readonly Target[], one: number, other: number): boolean => {
  const rank = (at: number): readonly number[] => {
    const { has, wants } = needs[at]!;
    const { gets } = targets[at]!;
    return [gets, has > gets ? 0 : 1, gets - wants];
  };
  const [a, b] = [rank(one), rank(other)];
  const differs = a.findIndex((value, index) => value !== b[index]);
  return differs < 0 ? needs[one]!.key < needs[other]!.key : a[differs]! < b[differs]!;
};

/** Of what each is to have, as much as fits beside what has not ended yet; who has least begins first. */
const begin = (
  needs: readonly ProcessNeed[],
  targets: readonly Target[],
  { processes, taken }: ProcessRoom,
): readonly number[] => {
  // The first one of a version that wakes waits for nobody.
  const now = needs.map(({ has }, at) => Math.min(targets[at]!.gets, Math.max(has, 1)));
  let free = processes - taken - sum(needs.map(({ has }, at) => Math.max(0, now[at]! - has)));
  for (; free > 0; free -= 1) {
    const behind = [...needs.keys()].filter((at) => now[at]! < targets[at]!.gets);
    if (behind.length === 0) break;
    const isLess = (a: number, b: number): boolean =>
      now[a]! === now[b]! ? needs[a]!.key < needs[b]!.key : now[a]! < now[b]!;
    const least = behind.reduce((best, at) => (isLess(at, best) ? at : best));
    now[least] = now[least]! + 1;
  }
  return now;
};

const sayFull = (full: 'processes' | 'memory', { processes, memoryMiB }: ProcessRoom): string =>
  full === 'processes'
    ? `the node has ${processes} processes for all versions (serving.processes)`
    : `the node has ${memoryMiB} MiB for all versions (serving.nodeMemoryMiB)`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
