import type { ReferenceHistogram } from '../rollout/types.js';
import { fisherTail } from '../statistics/distributions.js';
import { chiSquareTest } from '../statistics/chiSquareTest.js';
import { populationStability } from '../statistics/distances.js';
import { distanceInterval } from '../statistics/distanceInterval.js';
import { rowsByBlock } from './blocks.js';
import { designEffect } from './designEffect.js';
import { binIndex } from './histogram.js';
import type { DriftWindow } from './types.js';

export interface ColumnComparison {
  /** Jensen-Shannon distance, base 2, without what sampling adds. */
  readonly distance: number;
  readonly interval: readonly [number, number];
  /** Chance of a difference like this without drift: chi-square, corrected for how rows of a day are alike. */
  readonly pValue: number;
  readonly psi: number;
  /** Rows that one independent observation costs. */
  readonly designEffect: number;
  /** Independent observations that the window is worth. */
  readonly worth: number;
  /** Blocks of time that rows are on; of few of them the design effect is not known. */
  readonly blocks: number;
  readonly current: readonly number[];
}

/**
 * A column of a window against its frozen reference, on the reference's bins: effect with interval, and a p-value
 * that knows that rows of a day are alike. Undefined where there is nothing to compare.
 *
 * @param alpha chance of each end of the interval to be beyond the truth
 */
export const compareColumn = (
  reference: ReferenceHistogram,
  values: readonly (number | string | null)[],
  eventTime: readonly number[],
  window: DriftWindow,
  alpha: number,
): ColumnComparison | undefined => {
  const before = sum(reference.counts);
  if (before === 0 || values.length === 0) return undefined;
  const blocks = rowsByBlock(window, eventTime).map(({ rows }) => {
    const counts = new Array<number>(reference.counts.length).fill(0);
    for (const row of rows) {
      const bin = binIndex(reference, values[row]);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  });
  const current = reference.counts.map((_, bin) => blocks.reduce((total, block) => total + (block[bin] ?? 0), 0));
  const { effect, degrees: directions, estimatedFrom } = designEffect(blocks);
  const { distance, interval } = distanceInterval(reference.counts, current, alpha, {
    reference: before / effect,
    current: values.length / effect,
    spread: { degrees: directions, estimatedFrom: directions * estimatedFrom },
  });
  const { statistic, degrees } = chiSquareTest(reference.counts, current);
  return {
    distance,
    interval,
    pValue: degrees > 0 ? fisherTail(statistic / effect / degrees, directions, directions * estimatedFrom) : 1,
    psi: populationStability(reference.counts, current),
    designEffect: effect,
    worth: values.length / effect,
    blocks: blocks.length,
    current,
  };
};

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
