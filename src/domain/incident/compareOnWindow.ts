import { pairedByBlock } from '../drift/pairedByBlock.js';
import type { DriftWindow } from '../drift/types.js';
import type { WindowRows } from '../drift/windowRows.js';
import { meanDifference } from '../gate/comparePaired.js';
import { studentQuantile } from '../statistics/distributions.js';
import type { RemediationEvidence } from './types.js';

/** Fewer blocks of time say too little about how days differ. */
const MIN_BLOCKS = 5;

/**
 * Serving and earlier version on the same labelled rows of a window: mean losses, and an interval of their difference
 * (above 0: the earlier one is better) that respects that rows of a day are alike. No interval from fewer than five
 * blocks of time, or where a prediction is no number.
 *
 * @param earlier predictions of the earlier version, one per row of the window
 * @param confidence two-sided, e.g. 0.95
 */
export const compareOnWindow = (
  metric: 'brier' | 'log_loss',
  window: DriftWindow,
  rows: WindowRows,
  earlier: readonly number[],
  confidence: number,
): Pick<RemediationEvidence, 'labelled' | 'current' | 'previous' | 'difference'> => {
  const blocks = pairedByBlock(metric, window, rows, earlier);
  const labelled = blocks.reduce((sum, block) => sum + block.rows, 0);
  const current = blocks.reduce((sum, block) => sum + block.candidate, 0) / labelled;
  const previous = blocks.reduce((sum, block) => sum + block.champion, 0) / labelled;
  if (!Number.isFinite(current) || !Number.isFinite(previous)) return { labelled };
  if (blocks.length < MIN_BLOCKS) return { labelled, current, previous };
  const { difference, error, degrees } = meanDifference(blocks);
  const reach = error === 0 ? 0 : studentQuantile((1 + confidence) / 2, degrees) * error;
  return { labelled, current, previous, difference: [difference - reach, difference + reach] };
};
