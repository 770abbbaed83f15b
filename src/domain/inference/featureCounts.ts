/** How many rows fell into which bins: of features in the frozen bins of their references, of predictions in 20 from 0 to 1. */
export interface FeatureCounts {
  readonly rows: number;
  readonly predictions: readonly number[];
  readonly features: Readonly<Record<string, readonly number[]>>;
}

/** Counts of nothing, which add to any others. */
export const NO_COUNTS: FeatureCounts = { rows: 0, predictions: [], features: {} };

/**
 * Counts of the rows of both; of one version, so that the bins are the same. In whatever order and groups counts are added, the
 * sum is the same: servers, hours and restarts need not know of each other.
 */
export const addCounts = (a: FeatureCounts, b: FeatureCounts): FeatureCounts => {
  const names = new Set([...Object.keys(a.features), ...Object.keys(b.features)]);
  return {
    rows: a.rows + b.rows,
    predictions: addBins(a.predictions, b.predictions),
    features: Object.fromEntries(
      [...names].map((name) => [name, addBins(a.features[name] ?? [], b.features[name] ?? [])]),
    ),
  };
};

const addBins = (a: readonly number[], b: readonly number[]): readonly number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, bin) => (a[bin] ?? 0) + (b[bin] ?? 0));
