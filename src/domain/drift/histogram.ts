import type { ReferenceHistogram } from '../rollout/types.js';

/**
 * The bin of a value, total over whatever a caller may send. Numbers: bin i holds (edges[i-1], edges[i]], one more
 * for what is above the last edge, and the last bin for what is missing (null, NaN, no number). Strings: one bin per
 * category, then `other`, then missing.
 */
export const binIndex = (histogram: ReferenceHistogram, value: number | string | null | undefined): number =>
  histogram.kind === 'numeric' ? numericBin(histogram.edges, value) : categoricalBin(histogram.categories, value);

const numericBin = (edges: readonly number[], value: number | string | null | undefined): number => {
  if (typeof value !== 'number' || Number.isNaN(value)) return edges.length + 1;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (edges[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
};

const categoricalBin = (categories: readonly string[], value: number | string | null | undefined): number => {
  if (value === null || value === undefined || value === '') return categories.length + 1;
  const index = categories.indexOf(String(value));
  return index < 0 ? categories.length : index;
};
