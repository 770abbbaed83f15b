/**
 * Distances of two samples by their right-continuous empirical distribution functions. Samples are sorted ascending
 * and hold numbers only; to nothing the distance is NaN.
 */

/** Walks both functions: `visit` gets their difference and the width of the step on which it holds. */
const walk = (
  reference: readonly number[],
  current: readonly number[],
  visit: (difference: number, width: number) => void,
): void => {
  let i = 0;
  let j = 0;
  while (i < reference.length || j < current.length) {
    const at = Math.min(reference[i] ?? Infinity, current[j] ?? Infinity);
    while (i < reference.length && reference[i] === at) i += 1;
    while (j < current.length && current[j] === at) j += 1;
    const next = Math.min(reference[i] ?? Infinity, current[j] ?? Infinity);
    visit(i / reference.length - j / current.length, next === Infinity ? 0 : next - at);
  }
};

/** Kolmogorov-Smirnov's D: the largest difference. Oracle: scipy.stats.ks_2samp. */
export const kolmogorovSmirnov = (reference: readonly number[], current: readonly number[]): number => {
  if (reference.length === 0 || current.length === 0) return Number.NaN;
  let largest = 0;
  walk(reference, current, (difference) => {
    largest = Math.max(largest, Math.abs(difference));
  });
  return largest;
};

/** Wasserstein's distance of order 1, in units of the values. Oracle: scipy.stats.wasserstein_distance. */
export const wasserstein = (reference: readonly number[], current: readonly number[]): number => {
  if (reference.length === 0 || current.length === 0) return Number.NaN;
  let area = 0;
  walk(reference, current, (difference, width) => {
    area += Math.abs(difference) * width;
  });
  return area;
};
