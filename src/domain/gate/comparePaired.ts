import { blockError } from '../statistics/blockError.js';
import { studentQuantile } from '../statistics/distributions.js';
import {
  judgeDifference,
  uncomparable,
  type BlockUnit,
  type PairedComparison,
  type PairedTest,
} from './judgeDifference.js';
import type { PairedBlock } from './types.js';

/**
 * Is the candidate's loss not worse (or better) than the champion's on the same rows? Rows of one day depend on
 * each other, so days are the sample: the mean row difference is a ratio of sums over days, its standard error a
 * jackknife over days, widened where neighbouring days are alike, and its interval Student's.
 *
 * Measured with equal models at 95 %: 2 to 6 % false alarms with 7 to 60 days whose correlation from day to day is up
 * to 0.3; at 0.6, 12 % with 7 to 14 days and 6 % with 60.
 *
 * @param blocks at least `MIN_BLOCKS` days with rows, else `insufficient_data`
 */
export const comparePaired = (
  blocks: readonly PairedBlock[],
  asked: PairedTest,
  unit: BlockUnit = 'days',
): PairedComparison => {
  const days = blocks.filter((block) => block.rows > 0);
  const refused = uncomparable(asked, days.length, unit);
  if (refused?.verdict === 'error') return refused;
  if (!blocks.every(isSound)) return { verdict: 'error', reason: 'a loss or a number of rows is no number' };
  if (refused !== undefined) return refused;
  const { difference, error, degrees } = meanDifference(days);
  const reach = error === 0 ? 0 : studentQuantile((1 + asked.confidence) / 2, degrees) * error;
  const interval = [difference - reach, difference + reach] as const;
  return judgeDifference({ difference, interval }, asked, `${days.length} ${unit}`, 'less');
};

const isSound = (block: PairedBlock): boolean =>
  block.rows >= 0 && [block.rows, block.candidate, block.champion].every(Number.isFinite);

interface MeanDifference {
  readonly difference: number;
  /** Standard error. */
  readonly error: number;
  /** Of freedom. */
  readonly degrees: number;
}

/** Ratio estimator of the mean row difference, with a delete-one jackknife over days in time order. */
export const meanDifference = (days: readonly PairedBlock[]): MeanDifference => {
  const ordered = [...days].sort((a, b) => a.start - b.start);
  const rows = ordered.reduce((sum, day) => sum + day.rows, 0);
  const difference = ordered.reduce((sum, day) => sum + day.candidate - day.champion, 0) / rows;
  const influences = ordered.map((day) => (day.candidate - day.champion - difference * day.rows) / (rows - day.rows));
  const { error, degrees } = blockError(influences);
  return { difference, error, degrees };
};
