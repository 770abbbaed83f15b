import type { Verdict } from '../gate/types.js';
import type { AnalysisSpec } from '../spec/types.js';
import { distanceInterval } from '../statistics/distanceInterval.js';
import { normalQuantile } from '../statistics/distributions.js';
import { increaseAtLeast, wilsonInterval } from '../statistics/proportions.js';
import { latencyQuantile } from './latencyBuckets.js';
import type { ReferenceHistogram, StepAnalysis, TrafficCounters } from './types.js';

export type Measurement = StepAnalysis['measurements'][number];

export type References = Readonly<Record<string, ReferenceHistogram>>;

/** Below this, latency is scheduling noise, and a ratio of it means nothing. */
const LATENCY_FLOOR_MS = 5;

/** Share of failed requests above the champion's; without a champion, above zero. */
export const measureErrors = (
  candidate: TrafficCounters,
  champion: TrafficCounters | undefined,
  limit: number,
  alpha: number,
): Measurement => {
  const now = { count: candidate.failures, total: candidate.requests };
  const share = candidate.failures / candidate.requests;
  if (champion === undefined) return judge('error_rate', share, wilsonInterval(now, alpha)[0], limit);
  const before = { count: champion.failures, total: champion.requests };
  return judge(
    'error_rate_increase',
    share - champion.failures / champion.requests,
    increaseAtLeast(before, now, alpha),
    limit,
  );
};

/** p95 of the candidate over the champion's; its lower bound by the order statistics of both. */
export const measureLatency = (
  candidate: TrafficCounters,
  champion: TrafficCounters,
  limit: number,
  alpha: number,
): Measurement => {
  const floored = (counts: readonly number[], q: number): number =>
    Math.max(LATENCY_FLOOR_MS, latencyQuantile(counts, q));
  const reach = (counts: readonly number[]): number =>
    normalQuantile(1 - alpha) * Math.sqrt((0.95 * 0.05) / total(counts));
  const ratio = floored(candidate.latency, 0.95) / floored(champion.latency, 0.95);
  const lower =
    floored(candidate.latency, 0.95 - reach(candidate.latency)) /
    floored(champion.latency, 0.95 + reach(champion.latency));
  return judge('latency_p95_ratio', ratio, lower, limit);
};

/** How differently candidate and champion answered on the same interval. */
export const measurePredictions = (
  candidate: TrafficCounters,
  champion: TrafficCounters,
  limit: number,
  alpha: number,
): Measurement =>
  distanceOf('prediction_distance', champion.predictions, candidate.predictions, limit, alpha, {
    reference: champion.requests,
    current: candidate.requests,
  });

/**
 * How far the candidate's live features are from those it was trained on. Traffic of minutes is far from any training
 * in its hour or weekday, so that only a control tells: the champion, on the same interval, may be as far from its own
 * training, and the candidate farther by no more than the limit. Without a control only what the training never had
 * counts: other values, categories, or gaps.
 */
export const measureFeatures = (
  candidate: TrafficCounters,
  references: References,
  spec: AnalysisSpec,
  alpha: number,
  champion?: { readonly counters: TrafficCounters; readonly references: References },
): readonly Measurement[] => {
  const measured = Object.entries(references).flatMap(([feature, { counts: trained }]) => {
    const counts = candidate.features[feature];
    if (counts === undefined || total(counts) === 0) return [];
    const name = `feature_distance.${feature}`;
    const sizes = { current: candidate.requests };
    const control = champion === undefined ? undefined : championDistance(champion, feature);
    if (control !== undefined)
      return [distanceOf(name, trained, counts, spec.maxFeatureDistance + control, alpha, sizes)];
    return [distanceOf(name, trained, counts, spec.maxFeatureDistance, alpha, sizes, knownAndNew)];
  });
  // Features that a target does not count are not looked at; where it counts none, there is no evidence.
  if (measured.length > 0 || Object.keys(references).length === 0) return measured;
  return [{ name: 'feature_distance', value: 0, limit: spec.maxFeatureDistance, verdict: 'insufficient_data' }];
};

const championDistance = (
  { counters, references }: { readonly counters: TrafficCounters; readonly references: References },
  feature: string,
): number | undefined => {
  const counts = counters.features[feature];
  const trained = references[feature]?.counts;
  if (counts === undefined || counts.length !== trained?.length) return undefined;
  const { distance } = distanceInterval(trained, counts, 0.05, { current: counters.requests });
  return Number.isFinite(distance) ? distance : undefined;
};

/** A bin that held less than this share of the training counts as never seen. */
const NEVER_SEEN = 0.001;

/** Both histograms on two bins: what the training had, and what it never had. */
const knownAndNew: Rebin = (reference, current) => {
  const all = total(reference);
  const isNew = reference.map((count) => count < all * NEVER_SEEN);
  const fold = (counts: readonly number[]): readonly number[] => {
    const unseen = counts.reduce((sum, count, bin) => sum + (isNew[bin] === true ? count : 0), 0);
    return [total(counts) - unseen, unseen];
  };
  return [fold(reference), fold(current)];
};

type Rebin = (
  reference: readonly number[],
  current: readonly number[],
) => readonly [readonly number[], readonly number[]];

/** Rows of one request come from one place: a histogram is worth its requests, not its rows. */
const distanceOf = (
  name: string,
  reference: readonly number[],
  current: readonly number[],
  limit: number,
  alpha: number,
  sizes: { readonly reference?: number; readonly current: number },
  rebin: Rebin = (first, second) => [first, second],
): Measurement => {
  if (reference.length !== current.length) return { name, value: 1, limit, verdict: 'error' };
  const { distance, interval } = distanceInterval(...rebin(reference, current), alpha, sizes);
  return judge(name, distance, interval[0], limit);
};

/** Bad only where noise cannot explain it; good where it looks good; undecided in between. */
const judge = (name: string, value: number, lower: number, limit: number): Measurement => {
  const verdict: Verdict = Number.isNaN(value)
    ? 'insufficient_data'
    : lower > limit
      ? 'fail'
      : value > limit
        ? 'inconclusive'
        : 'pass';
  return { name, value: Number.isNaN(value) ? 0 : value, limit, verdict };
};

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
