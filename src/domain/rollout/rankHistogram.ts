import type { ReferenceHistogram } from './types.js';

const RANKS = 10;

/**
 * Live counts of a numeric feature by where its values rank in the training: ten equal parts of the training, then
 * what lies below and above all of it, and what is missing. Two versions that were trained on the same kind of values
 * rank the same traffic alike, whatever hour or weekday it is of, and whatever bins each was frozen with.
 */
export const rankHistogram = (reference: ReferenceHistogram, live: readonly number[]): readonly number[] => {
  const ranked = new Array<number>(RANKS + 3).fill(0);
  const add = (bin: number, count: number): void => {
    ranked[bin] = (ranked[bin] ?? 0) + count;
  };
  const trained = reference.counts.slice(0, -1);
  const all = trained.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (const [bin, count] of trained.entries()) {
    const here = live[bin] ?? 0;
    const [from, to] = [below / all, (below + count) / all];
    if (count > 0) spread(from * RANKS, to * RANKS, here, add);
    else if (below === 0) add(RANKS, here);
    else if (below === all) add(RANKS + 1, here);
    else add(Math.min(RANKS - 1, Math.floor(from * RANKS)), here);
    below += count;
  }
  add(RANKS + 2, live[trained.length] ?? 0);
  return ranked;
};

/** Shares a count among the ranks that its bin covers. */
const spread = (from: number, to: number, count: number, add: (rank: number, count: number) => void): void => {
  for (let rank = Math.floor(from); rank < Math.min(RANKS, to); rank += 1) {
    const covered = Math.min(rank + 1, to) - Math.max(rank, from);
    if (covered > 0) add(rank, (count * covered) / (to - from));
  }
};
