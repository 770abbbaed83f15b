import { ROW_LOSSES } from '../statistics/rowLosses.js';
import type { PairedBlock } from './types.js';

const DAY_MS = 86_400_000;
/**
 * Row losses of two models on the same rows, summed by UTC day of the event time: the blocks that rows of one day
 * depend on each other within. Ascending by day.
 */
export const pairBlocks = (
  metric: 'brier' | 'log_loss',
  eventTimes: readonly number[],
  labels: readonly number[],
  candidate: readonly number[],
  champion: readonly number[],
): readonly PairedBlock[] => {
  const loss = ROW_LOSSES[metric];
  const blocks = new Map<number, { rows: number; candidate: number; champion: number }>();
  for (const [row, time] of eventTimes.entries()) {
    const start = Math.floor(time / DAY_MS) * DAY_MS;
    const label = labels[row] ?? Number.NaN;
    const block = blocks.get(start) ?? { rows: 0, candidate: 0, champion: 0 };
    block.rows += 1;
    block.candidate += loss(candidate[row] ?? Number.NaN, label);
    block.champion += loss(champion[row] ?? Number.NaN, label);
    blocks.set(start, block);
  }
  return [...blocks.entries()].sort(([a], [b]) => a - b).map(([start, block]) => ({ start, ...block }));
};
