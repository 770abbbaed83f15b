/**
 * P-values adjusted for their number by Holm's steps: an adjusted p of at most alpha keeps the chance of even one
 * false alarm at alpha, however the tests depend on each other (Holm 1979). A p-value that is no number counts as 1.
 * Oracle: statsmodels.stats.multitest.multipletests, method holm.
 *
 * @example holm([0.01, 0.04]) // [0.02, 0.04]
 */
export const holm = (pValues: readonly number[]): readonly number[] => {
  const known = pValues.map((p) => (Number.isNaN(p) ? 1 : p));
  const rising = Array.from(known.keys()).sort((a, b) => (known[a] ?? 1) - (known[b] ?? 1));
  const adjusted = new Array<number>(known.length).fill(1);
  let largest = 0;
  rising.forEach((index, position) => {
    largest = Math.max(largest, Math.min(1, (known[index] ?? 1) * (known.length - position)));
    adjusted[index] = largest;
  });
  return adjusted;
};
