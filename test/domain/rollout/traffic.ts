import type { Digest } from '../../../src/domain/artifact/types.js';
import { LATENCY_BUCKETS_MS, latencyBucket } from '../../../src/domain/rollout/latencyBuckets.js';
import type { ReferenceHistogram, TrafficCounters } from '../../../src/domain/rollout/types.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';

export const stream = randomStream;

export interface Behaviour {
  /** Share of requests that fail. */
  readonly failing?: number;
  /** Median latency, milliseconds. */
  readonly median?: number;
  /** Added to every prediction. */
  readonly shift?: number;
  /** Added to every feature, in units of its range. */
  readonly skew?: number;
  readonly rowsPerRequest?: number;
  /** All features lie between these. */
  readonly only?: readonly [number, number];
  /** Share of features that are missing. */
  readonly missing?: number;
}

const BINS = 20;
const FEATURES = ['a', 'b', 'c', 'd', 'e', 'f'];

const normal = (next: RandomStream): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const bin = (value: number): number => Math.min(BINS - 1, Math.max(0, Math.floor(value * BINS)));
const add = (counts: number[], index: number): void => {
  counts[index] = (counts[index] ?? 0) + 1;
};

/** Counters of `requests` requests of a version. Rows of one request are alike. */
export const traffic = (next: RandomStream, requests: number, behaviour: Behaviour = {}): TrafficCounters => {
  const { failing = 0, median = 8, shift = 0, skew = 0, rowsPerRequest = 1, only = [0, 1], missing = 0 } = behaviour;
  const latency = new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0);
  const predictions = new Array<number>(BINS).fill(0);
  const features = Object.fromEntries(FEATURES.map((name) => [name, new Array<number>(BINS + 1).fill(0)]));
  let failures = 0;
  for (let request = 0; request < requests; request += 1) {
    add(latency, latencyBucket(median * Math.exp(0.5 * normal(next))));
    if (next() < failing) {
      failures += 1;
      continue;
    }
    const place = normal(next);
    for (let row = 0; row < rowsPerRequest; row += 1) {
      const value = (): number => 0.5 + 0.18 * (0.9 * place + 0.44 * normal(next));
      add(predictions, bin(value() + shift));
      for (const counts of Object.values(features)) {
        const [low, high] = only;
        add(counts, next() < missing ? BINS : bin(Math.min(high - 1e-9, Math.max(low, value() + skew))));
      }
    }
  }
  return {
    artifactDigest: 'sha256:x' as Digest,
    requests,
    failures,
    rows: requests * rowsPerRequest,
    latency,
    predictions,
    features,
  };
};

/** What the features were in training: many rows of the same. */
export const references = (next: RandomStream, skew = 0): Readonly<Record<string, ReferenceHistogram>> => {
  const { features } = traffic(next, 5_000, { skew });
  const edges = Array.from({ length: BINS - 1 }, (_, index) => (index + 1) / BINS);
  return Object.fromEntries(
    Object.entries(features).map(([name, counts]) => [name, { kind: 'numeric' as const, edges, counts }]),
  );
};
