import type { LossName } from '../spec/metrics.js';
import { ROW_LOSSES, type RowLoss } from '../statistics/rowLosses.js';
import type { GateSample, PairedBlock } from './types.js';

export const DAY_MS = 86_400_000;

/**
 * Row losses of two models on the same rows, summed by UTC day (or blocks of another length) of the event time: the
 * blocks that rows depend on each other within. Ascending by time.
 */
export const pairBlocks = (
  metric: LossName,
  eventTimes: ArrayLike<number>,
  labels: ArrayLike<number>,
  candidate: ArrayLike<number>,
  champion: ArrayLike<number>,
  blockMs: number = DAY_MS,
): readonly PairedBlock[] =>
  sumByBlock(ROW_LOSSES[metric], { times: eventTimes, labels, candidate, champion }, blockMs);

type Rows = Pick<GateSample, 'times' | 'labels' | 'candidate'> & { readonly champion?: ArrayLike<number> };

/**
 * The same of any loss, of some of the rows, and of one model alone: then the champion's sums are 0.
 *
 * @param only numbers of the rows; all of them where absent
 */
export const sumByBlock = (
  loss: RowLoss,
  { times, labels, candidate, champion }: Rows,
  blockMs: number,
  only: Iterable<number> = new Array<number>(times.length).keys(),
): readonly PairedBlock[] => {
  const blocks = new Map<number, { start: number; rows: number; candidate: number; champion: number }>();
  for (const row of only) {
    const start = Math.floor((times[row] ?? Number.NaN) / blockMs) * blockMs;
    const label = labels[row] ?? Number.NaN;
    const block = blocks.get(start) ?? { start, rows: 0, candidate: 0, champion: 0 };
    block.rows += 1;
    block.candidate += loss(candidate[row] ?? Number.NaN, label);
    if (champion !== undefined) block.champion += loss(champion[row] ?? Number.NaN, label);
    blocks.set(start, block);
  }
  return [...blocks.values()].sort((a, b) => a.start - b.start);
};
