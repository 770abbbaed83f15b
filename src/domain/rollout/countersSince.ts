import type { Digest } from '../artifact/types.js';
import { noTraffic } from './noTraffic.js';
import type { TrafficCounters } from './types.js';

/** Counters of one replica by its name; null: it answered requests, and did not say how many. */
export type ReplicaCounters = Readonly<Record<string, TrafficCounters | null>>;

/**
 * What the replicas of a version counted between two looks, added up. One that came after the first look counted from zero; what
 * one counted that has gone since is lost. Undefined where one is not known: a part must not pass for the whole.
 */
export const countersSince = (
  artifactDigest: Digest,
  then: ReplicaCounters,
  now: ReplicaCounters,
): TrafficCounters | undefined => {
  let sum = noTraffic(artifactDigest);
  for (const [replica, counted] of Object.entries(now)) {
    const before = then[replica];
    if (counted === null || before === null) return undefined;
    const since = before === undefined ? counted : combine(counted, before, (a, b) => Math.max(0, a - b));
    sum = combine(sum, since, (a, b) => a + b);
  }
  return sum;
};

/** What two replicas of a version counted since the same command. */
export const addTraffic = (a: TrafficCounters, b: TrafficCounters): TrafficCounters => combine(a, b, (x, y) => x + y);

/** Counts that a replica leaves out where there are none. All of them only grow, as the rest does. */
const UNSAID_IS_NONE = ['refused', 'ejections', 'restarts', 'droppedCopies'] as const;

type Fold = (a: number, b: number) => number;

const combine = (a: TrafficCounters, b: TrafficCounters, fold: Fold): TrafficCounters => ({
  artifactDigest: a.artifactDigest,
  requests: fold(a.requests, b.requests),
  failures: fold(a.failures, b.failures),
  ...Object.fromEntries(
    UNSAID_IS_NONE.filter((key) => a[key] !== undefined || b[key] !== undefined).map((key) => [
      key,
      fold(a[key] ?? 0, b[key] ?? 0),
    ]),
  ),
  rows: fold(a.rows, b.rows),
  latency: bins(a.latency, b.latency, fold),
  predictions: bins(a.predictions, b.predictions, fold),
  features: Object.fromEntries(
    [...new Set([...Object.keys(a.features), ...Object.keys(b.features)])].map((name) => [
      name,
      bins(a.features[name] ?? [], b.features[name] ?? [], fold),
    ]),
  ),
});

const bins = (a: readonly number[], b: readonly number[], fold: Fold): readonly number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, bin) => fold(a[bin] ?? 0, b[bin] ?? 0));
