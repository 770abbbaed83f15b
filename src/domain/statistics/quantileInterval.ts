import { betaShare } from './gamma.js';

export interface QuantileEstimate {
  readonly value: number;
  /** Ends at observed values; -Infinity or Infinity where there are too few observations for that end. */
  readonly interval: readonly [number, number];
}

/**
 * A quantile of independent observations with an interval that assumes nothing of their distribution: the ranks whose
 * binomial chance leaves at most (1 - confidence) / 2 beyond each end. Source: Conover 1999, section 3.2; oracle:
 * scipy.stats.quantile_test, `confidence_interval`.
 *
 * @param p 0 to 1, both excluded; `observations` at least one
 */
export const quantileInterval = (observations: readonly number[], p: number, confidence: number): QuantileEstimate => {
  const sorted = [...observations].sort((a, b) => a - b);
  const n = sorted.length;
  const tail = (1 - confidence) / 2;
  let low = 0;
  while (low < n && binomialCdf(low, n, p) <= tail) low += 1;
  let high = n;
  while (high > 0 && 1 - binomialCdf(high - 1, n, p) <= tail) high -= 1;
  return {
    value: sorted[Math.min(n - 1, Math.ceil(p * n) - 1)] ?? Number.NaN,
    interval: [
      low === 0 ? -Infinity : (sorted[low - 1] ?? Number.NaN),
      high >= n ? Infinity : (sorted[high] ?? Number.NaN),
    ],
  };
};

/** P(X <= k) of n trials of chance p. */
const binomialCdf = (k: number, n: number, p: number): number => (k >= n ? 1 : betaShare(1 - p, n - k, k + 1));
