import { chiSquareTail } from './distributions.js';

export interface ChiSquareResult {
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
}

/**
 * Are two histograms over the same bins samples of one distribution? Pearson's test of the 2 x K contingency table,
 * with Yates' correction at one degree of freedom only. Bins that are empty in both say nothing and are left out.
 * Where there is nothing to compare (one histogram empty, or a single bin) p is 1: no evidence of a difference.
 * Oracle: scipy.stats.chi2_contingency.
 */
export const chiSquareTest = (first: readonly number[], second: readonly number[]): ChiSquareResult => {
  const pairs = first.map((count, bin) => [count, second[bin] ?? 0] as const).filter(([a, b]) => a + b > 0);
  const n = pairs.reduce((sum, [a]) => sum + a, 0);
  const m = pairs.reduce((sum, [, b]) => sum + b, 0);
  const degrees = pairs.length - 1;
  if (n === 0 || m === 0 || degrees < 1) return { statistic: 0, degrees: Math.max(0, degrees), pValue: 1 };
  const statistic = pairs.reduce((sum, [a, b]) => {
    const expectedA = ((a + b) * n) / (n + m);
    const expectedB = ((a + b) * m) / (n + m);
    // Yates: half a count, but never beyond what was expected.
    const difference = Math.abs(a - expectedA) - (degrees === 1 ? Math.min(0.5, Math.abs(a - expectedA)) : 0);
    return sum + difference ** 2 / expectedA + difference ** 2 / expectedB;
  }, 0);
  return { statistic, degrees, pValue: chiSquareTail(statistic, degrees) };
};
