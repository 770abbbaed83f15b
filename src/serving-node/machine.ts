import { availableParallelism, totalmem } from 'node:os';
import type { ServingLimits } from '../contract/servingLimits.js';
import type { ProcessRoom } from '../domain/routing/shareProcesses.js';

/** Share of the memory for model servers; the rest is the node's own, the system's and the page cache's. */
const SHARE = 0.75;
/** Each computes on a thread of its own and answers on another; they seldom want both at once. */
const PER_CPU = 2;
/** On the smallest machine, too, a few models have more than one process. */
const FEWEST = 4;

/** What this machine has for model servers: what the operator says, or what its processors and memory allow. */
export const roomOf = ({
  processes,
  nodeMemoryMiB,
}: Pick<ServingLimits, 'processes' | 'nodeMemoryMiB'>): Omit<ProcessRoom, 'taken'> => ({
  processes: processes ?? Math.max(FEWEST, PER_CPU * availableParallelism()),
  memoryMiB: nodeMemoryMiB ?? Math.floor((SHARE * memoryBytes()) / 1024 / 1024),
});

/** Of the control group that the process is in, where that has a limit. */
const memoryBytes = (): number => {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
};
