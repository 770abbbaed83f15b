/**
 * Distances of two histograms over the same bins. Arguments are counts (or shares) of equal length, not all zero;
 * where there is nothing to compare the answer is NaN, which passes no comparison.
 */

/** Share of every bin; NaN everywhere where the histogram is empty. */
export const shares = (counts: readonly number[]): readonly number[] => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
};

/**
 * Jensen-Shannon distance, base 2: sqrt(KL(p, m)/2 + KL(q, m)/2) with m the mean of both; 0 (the same) to 1
 * (nothing in common). Oracle: scipy.spatial.distance.jensenshannon(p, q, base=2).
 *
 * @example jensenShannon([1, 0], [0, 1]) // 1
 */
export const jensenShannon = (reference: readonly number[], current: readonly number[]): number =>
  Math.sqrt(Math.max(0, jensenShannonDivergence(reference, current)));

/** The square of the distance, in bits. */
export const jensenShannonDivergence = (reference: readonly number[], current: readonly number[]): number => {
  const p = shares(reference);
  const q = shares(current);
  return p.reduce((sum, share, bin) => {
    const other = q[bin] ?? Number.NaN;
    const middle = (share + other) / 2;
    return sum + (information(share, middle) + information(other, middle)) / 2;
  }, 0);
};

const information = (share: number, middle: number): number => (share === 0 ? 0 : share * Math.log2(share / middle));

/** What an empty bin's share is taken for. */
export const PSI_EPSILON = 1e-4;

/**
 * Population stability index: sum of (q - p) ln(q / p), shares below 1e-4 taken for 1e-4 (not normalised again). The
 * bins are the reference's, as they are frozen in the artifact: quantile bins that hold (edge below, edge].
 */
export const populationStability = (reference: readonly number[], current: readonly number[]): number => {
  const q = shares(current);
  return shares(reference).reduce((sum, share, bin) => {
    const before = Math.max(share, PSI_EPSILON);
    const now = Math.max(q[bin] ?? Number.NaN, PSI_EPSILON);
    return sum + (now - before) * Math.log(now / before);
  }, 0);
};

/** The largest difference of two shares. */
export const largestDifference = (reference: readonly number[], current: readonly number[]): number => {
  const q = shares(current);
  return shares(reference).reduce(
    (largest, share, bin) => Math.max(largest, Math.abs(share - (q[bin] ?? Number.NaN))),
    0,
  );
};
