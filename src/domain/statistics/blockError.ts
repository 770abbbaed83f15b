export interface BlockError {
  /** Standard error. */
  readonly error: number;
  /** Of freedom. */
  readonly degrees: number;
  /** By how much more the variance is than of blocks that do not depend on each other. */
  readonly inflation: number;
}

/**
 * Standard error of a statistic from its delete-one jackknife over blocks, in time order, widened where neighbouring
 * blocks are alike. Source: Efron and Tibshirani 1993, chapter 11; the correction for correlated blocks as for an
 * AR(1) series.
 *
 * @param influences per block: the statistic minus the statistic without the block
 */
export const blockError = (influences: readonly number[]): BlockError => {
  const blocks = influences.length;
  const squares = influences.reduce((sum, value) => sum + value ** 2, 0);
  if (squares === 0) return { error: 0, degrees: blocks - 1, inflation: 1 };
  const alike = likeness(influences, squares);
  const inflation = (1 + alike) / (1 - alike);
  const degrees = Math.max(2, (blocks * (1 - alike ** 2)) / (1 + alike ** 2) - 1);
  return { error: Math.sqrt((((blocks - 1) / blocks) * squares * (1 + alike)) / (1 - alike)), degrees, inflation };
};

/** What is believed of neighbouring blocks before they are looked at. */
const USUAL_LIKENESS = 0.3;

/**
 * Correlation of neighbouring blocks. Corrected for the bias of short series (Marriott and Pope 1954) and taken half a
 * standard error too high, because an underestimate would make alarms of noise; then drawn towards what is usual, the
 * more the fewer the blocks, because of a few blocks the estimate itself is mostly noise. Never below 0, nor above 0.8.
 */
const likeness = (influences: readonly number[], squares: number): number => {
  const blocks = influences.length;
  const raw = influences.reduce((sum, value, block) => sum + value * (influences[block - 1] ?? 0), 0) / squares;
  const estimate = raw + (1 + 4 * raw) / blocks + 0.5 / Math.sqrt(blocks);
  const trust = Math.max(0, 1 - 5 / blocks);
  return Math.max(0, Math.min(0.8, USUAL_LIKENESS + trust * (estimate - USUAL_LIKENESS)));
};
