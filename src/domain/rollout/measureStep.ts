import type { Verdict } from '../gate/types.js';
import { quantileShares, shareAtLeast } from '../statistics/betaMixture.js';
import { distanceInterval } from '../statistics/distanceInterval.js';
import { increaseEvidence } from '../statistics/increaseEvidence.js';
import { labelEvidence } from '../statistics/labelEvidence.js';
import { wilsonInterval, type Proportion } from '../statistics/proportions.js';
import { uniformLevel } from '../statistics/uniformLevel.js';
import type { LookRule } from './falseAborts.js';
import { latencyQuantile } from './latencyBuckets.js';
import type { StepAnalysis, TrafficCounters } from './types.js';

export type Measurement = StepAnalysis['measurements'][number];

/** Below this, latency is scheduling noise, and a ratio of it means nothing. */
const LATENCY_FLOOR_MS = 5;

/** Share of failed requests above the champion's on the same interval. */
export const measureErrors = (
  candidate: TrafficCounters,
  champion: TrafficCounters,
  limit: number,
  rule: LookRule,
  sameInputs = false,
): Measurement => {
  const [before, now] = [errorsOf(champion, sameInputs), errorsOf(candidate, sameInputs)];
  const beyond =
    differs(outcomes(before), outcomes(now), rule) && increaseEvidence(before, now, limit) >= Math.log(1 / rule.alpha);
  return judge('error_rate_increase', shareOf(now) - shareOf(before), beyond, limit);
};

/**
 * The same where the champion has no traffic any more: above what it had on the last step that it had some on. Without
 * one, above zero.
 */
export const measureErrorsAlone = (
  candidate: TrafficCounters,
  champion: Proportion | undefined,
  limit: number,
  { alpha }: LookRule,
  sameInputs = false,
): Measurement => {
  const now = errorsOf(candidate, sameInputs);
  if (champion === undefined) return judge('error_rate', shareOf(now), shareAtLeast(now, alpha) > limit, limit);
  const beyond = increaseEvidence(champion, now, limit) >= Math.log(1 / alpha);
  // No look makes more of a control that has ended: what chance may have hidden of it is allowed, or it would never pass.
  const hidden = wilsonInterval(champion, alpha)[1] - shareOf(champion);
  return judge('error_rate_increase', shareOf(now) - shareOf(champion), beyond, limit + hidden);
};

/**
 * A request that the signature refuses says something of a version only where another signature would have taken it:
 * between two of the same it is the caller's mistake, which a caller may make on purpose.
 */
export const errorsOf = ({ failures, requests, refused = 0 }: TrafficCounters, sameInputs: boolean): Proportion =>
  sameInputs ? { count: failures, total: requests } : { count: failures + refused, total: requests + refused };

/**
 * p95 of the candidate over the champion's, as read from their buckets. Beyond the limit where even the lowest believable
 * one of the candidate is, beside the highest of the champion: each is beyond the truth with half of the chance.
 */
export const measureLatency = (
  candidate: TrafficCounters,
  champion: TrafficCounters,
  limit: number,
  rule: LookRule,
): Measurement => {
  const floored = (counts: readonly number[], q: number): number =>
    Math.max(LATENCY_FLOOR_MS, latencyQuantile(counts, q));
  const shares = (counts: readonly number[], tightAt: number) =>
    quantileShares(total(counts), 0.95, rule.alpha / 2, tightAt);
  const [low] = shares(candidate.latency, rule.tightAt);
  const [, high] = shares(champion.latency, (rule.tightAt * (1 - rule.share)) / rule.share);
  const ratio = floored(candidate.latency, 0.95) / floored(champion.latency, 0.95);
  const slowest = high < 1 ? floored(champion.latency, high) : Infinity;
  const beyond =
    floored(candidate.latency, low) / slowest > limit && differs(champion.latency, candidate.latency, rule);
  return judge('latency_p95_ratio', ratio, beyond, limit);
};

/** How differently candidate and champion answered on the same interval. */
export const measurePredictions = (
  candidate: TrafficCounters,
  champion: TrafficCounters,
  limit: number,
  rule: LookRule,
): Measurement =>
  besideChampion(
    'prediction_distance',
    { counts: champion.predictions, requests: champion.requests },
    { counts: candidate.predictions, requests: candidate.requests },
    limit,
    rule,
  );

/** Rows of one request come from one place: a histogram is worth its requests, not its rows. */
export interface Rows {
  readonly counts: readonly number[];
  readonly requests: number;
}

/** How far the histograms of both are from each other, on the same interval. */
export const besideChampion = (
  name: string,
  champion: Rows,
  candidate: Rows,
  limit: number,
  rule: LookRule,
): Measurement => {
  const far = distanceOf(name, champion.counts, candidate, limit, rule, champion.requests);
  // Both see the same traffic: where chance explains who got which of it, they are not apart.
  return far.verdict === 'fail' && !differs(worth(champion), worth(candidate), rule)
    ? { ...far, verdict: 'inconclusive' }
    : far;
};

/** How far a histogram is from one that is known, or estimated from so many requests. */
export const distanceOf = (
  name: string,
  reference: readonly number[],
  { counts, requests }: Rows,
  limit: number,
  rule: LookRule,
  referenceRequests = Infinity,
): Measurement => {
  if (reference.length !== counts.length) return { name, value: 1, limit, verdict: 'error' };
  const level = uniformLevel(requests, rule.alpha, rule.tightAt);
  const sizes = { reference: referenceRequests, current: requests };
  const { distance, interval } = distanceInterval(reference, counts, level, sizes);
  return judge(name, distance, interval[0] > limit, limit);
};

const differs = (reference: readonly number[], current: readonly number[], { alpha, share }: LookRule): boolean =>
  labelEvidence(reference, current, share) >= Math.log(1 / alpha);

const worth = ({ counts, requests }: Rows): readonly number[] => {
  const rows = total(counts);
  return rows > requests ? counts.map((count) => (count * requests) / rows) : counts;
};

const outcomes = ({ count, total: all }: Proportion): readonly number[] => [count, all - count];

const shareOf = ({ count, total: all }: Proportion): number => count / all;

/** Bad only where noise cannot explain it at any look; good where it looks good; undecided in between. */
export const judge = (name: string, value: number, beyond: boolean, limit: number): Measurement => {
  const verdict: Verdict = Number.isNaN(value)
    ? 'insufficient_data'
    : value <= limit
      ? 'pass'
      : beyond
        ? 'fail'
        : 'inconclusive';
  return { name, value: Number.isNaN(value) ? 0 : value, limit, verdict };
};

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
