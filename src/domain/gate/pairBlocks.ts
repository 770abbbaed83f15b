import { ROW_LOSSES } from '../statistics/rowLosses.js';
import type { PairedBlock } from './types.js';

export const DAY_MS = 86_400_000;

/**
 * Row losses of two models on the same rows, summed by UTC day (or blocks of another length) of the event time: the
 * blocks that rows depend on each other within. Ascending by time.
 */
export const pairBlocks = (
  metric: 'brier' | 'log_loss',
  eventTimes: ArrayLike<number>,
  labels: ArrayLike<number>,
  candidate: ArrayLike<number>,
  champion: ArrayLike<number>,
  blockMs: number = DAY_MS,
): readonly PairedBlock[] => {
  const loss = ROW_LOSSES[metric];
  const blocks = new Map<number, { rows: number; candidate: number; champion: number }>();
  for (let row = 0; row < eventTimes.length; row += 1) {
    const start = Math.floor((eventTimes[row] ?? Number.NaN) / blockMs) * blockMs;
    const label = labels[row] ?? Number.NaN;
    const block = blocks.get(start) ?? { rows: 0, candidate: 0, champion: 0 };
    block.rows += 1;
    block.candidate += loss(candidate[row] ?? Number.NaN, label);
    block.champion += loss(champion[row] ?? Number.NaN, label);
    blocks.set(start, block);
  }
  return [...blocks.entries()].sort(([a], [b]) => a - b).map(([start, block]) => ({ start, ...block }));
};
