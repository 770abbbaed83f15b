import type { Verdict } from '../gate/types.js';
import { distanceInterval } from '../statistics/distanceInterval.js';
import { normalQuantile } from '../statistics/distributions.js';
import { increaseAtLeast, wilsonInterval } from '../statistics/proportions.js';
import { latencyQuantile } from './latencyBuckets.js';
import type { StepAnalysis, TrafficCounters } from './types.js';

export type Measurement = StepAnalysis['measurements'][number];

/** Below this, latency is scheduling noise, and a ratio of it means nothing. */
const LATENCY_FLOOR_MS = 5;

/** Share of failed requests above the champion's; without a champion, above zero. */
export const measureErrors = (
  candidate: TrafficCounters,
  champion: TrafficCounters | undefined,
  limit: number,
  alpha: number,
  sameInputs = false,
): Measurement => {
  const now = errorsOf(candidate, sameInputs);
  const share = now.count / now.total;
  if (champion === undefined) return judge('error_rate', share, wilsonInterval(now, alpha)[0], limit);
  const before = errorsOf(champion, sameInputs);
  return judge('error_rate_increase', share - before.count / before.total, increaseAtLeast(before, now, alpha), limit);
};

/**
 * A request that the signature refuses says something of a version only where another signature would have taken it:
 * between two of the same it is the caller's mistake, which a caller may make on purpose.
 */
const errorsOf = ({ failures, requests, refused = 0 }: TrafficCounters, sameInputs: boolean) =>
  sameInputs ? { count: failures, total: requests } : { count: failures + refused, total: requests + refused };

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

/** Rows of one request come from one place: a histogram is worth its requests, not its rows. */
export const distanceOf = (
  name: string,
  reference: readonly number[],
  current: readonly number[],
  limit: number,
  alpha: number,
  sizes: { readonly reference?: number; readonly current: number },
): Measurement => {
  if (reference.length !== current.length) return { name, value: 1, limit, verdict: 'error' };
  const { distance, interval } = distanceInterval(reference, current, alpha, sizes);
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
