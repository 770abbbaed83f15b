import type { FrozenReference } from '../artifact/contents.js';
import type { Metrics } from '../gate/types.js';
import type { ReferenceHistogram } from '../rollout/types.js';
import type { FeatureSpec } from '../spec/types.js';
import { binIndex } from './histogram.js';

type Values = readonly (number | string | null)[];

const NUMERIC_BINS = 20;
const MAX_CATEGORIES = 50;
export const PREDICTION_BINS = 20;

/**
 * Freezes what drift is measured against: histograms of the training rows on their own quantiles (numbers) or most
 * frequent categories (strings), and of the model's predictions on held-out rows.
 */
export const freezeReference = (
  features: readonly FeatureSpec[],
  training: Readonly<Record<string, Values>>,
  predictions: readonly number[],
  metrics: Metrics,
): FrozenReference => ({
  features: Object.fromEntries(
    features.map((feature) => [feature.name, freezeFeature(feature, training[feature.name] ?? [])]),
  ),
  prediction: fill({ kind: 'numeric', edges: predictionEdges(), counts: [] }, predictions),
  metrics,
  rows: predictions.length,
});

/** Inner edges of equal bins over 0 to 1. */
export const predictionEdges = (): readonly number[] =>
  Array.from({ length: PREDICTION_BINS - 1 }, (_, index) => (index + 1) / PREDICTION_BINS);

const freezeFeature = (feature: FeatureSpec, values: Values): ReferenceHistogram =>
  feature.type === 'string'
    ? fill({ kind: 'categorical', categories: frequentCategories(values), counts: [] }, values)
    : fill({ kind: 'numeric', edges: quantileEdges(values), counts: [] }, values);

/**
 * Edges at the quantiles, fewer where values repeat, each halfway to the next greater value: a value that comes back
 * with fewer digits (FP32) stays in its bin. Beyond the least and the greatest value the first and the last bin hold
 * what training never had.
 */
const quantileEdges = (values: Values): readonly number[] => {
  const sorted = values
    .filter((value): value is number => typeof value === 'number' && Number.isFinite(value))
    .sort((a, b) => a - b);
  const [least, greatest] = [sorted[0], sorted.at(-1)];
  if (least === undefined || greatest === undefined) return [];
  const inner = Array.from({ length: NUMERIC_BINS - 1 }, (_, index) => {
    const value = sorted[Math.floor(((index + 1) * sorted.length) / NUMERIC_BINS)] ?? greatest;
    const next = firstAbove(sorted, value);
    return next === undefined ? [] : [value / 2 + next / 2];
  }).flat();
  return [...new Set([least - slack(least), ...inner, greatest + slack(greatest)])];
};

/** More than a value loses as FP32. */
const slack = (value: number): number => Math.max(Math.abs(value), 1) * 1e-6;

const firstAbove = (sorted: readonly number[], value: number): number | undefined => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
};

const frequentCategories = (values: Values): readonly string[] => {
  const counts = new Map<string, number>();
  for (const value of values) if (typeof value === 'string') counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.entries()]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, MAX_CATEGORIES)
    .map(([category]) => category);
};

const fill = (empty: ReferenceHistogram, values: Values): ReferenceHistogram => {
  const size = empty.kind === 'numeric' ? empty.edges.length + 2 : empty.categories.length + 2;
  const counts = new Array<number>(size).fill(0);
  for (const value of values) {
    const bin = binIndex(empty, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { ...empty, counts };
};
