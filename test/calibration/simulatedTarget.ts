/** A target with two versions whose every request is drawn: who is asked, whether it fails, how long it takes, what it says. */
import type { Digest } from '../../src/domain/artifact/types.js';
import { LATENCY_BUCKETS_MS, latencyBucket } from '../../src/domain/rollout/latencyBuckets.js';
import type { References } from '../../src/domain/rollout/measureFeatures.js';
import { noTraffic } from '../../src/domain/rollout/noTraffic.js';
import type { TrafficCounters } from '../../src/domain/rollout/types.js';
import type { RandomStream } from '../../src/domain/statistics/randomStream.js';

/** What a candidate does otherwise than the champion. */
export interface Fault {
  /** Added to the share of requests that fail. */
  readonly errors?: number;
  /** Times the champion's latency. */
  readonly slower?: number;
  /** Added to every prediction, 0 to 1. */
  readonly shift?: number;
  /** One feature is read in another unit: all of it lands in its last bins. */
  readonly broken?: true;
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'errors of 5 points more': { errors: 0.05 },
  'three times the latency': { slower: 3 },
  'predictions shifted by a tenth': { shift: 0.1 },
  'a broken feature': { broken: true },
};

export interface SimulatedTarget {
  /** A command is accepted: counters begin anew. */
  shift(weight: number): void;
  /** Some requests arrive. */
  serve(requests: number): void;
  readonly candidate: () => TrafficCounters;
  readonly champion: () => TrafficCounters;
  /** Requests that the candidate has answered in this rollout. */
  readonly answered: () => number;
}

const ERRORS = 0.03;
const BINS = 20;
const FEATURES = ['wind', 'load', 'origin'] as const;
const ORIGINS = ['north', 'east', 'south', 'west'];
const CANDIDATE: Digest = `sha256:${'c'.repeat(64)}`;
const CHAMPION: Digest = `sha256:${'a'.repeat(64)}`;

const normal = (next: RandomStream): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
const binOf = (value: number, bins = BINS): number => Math.min(bins - 1, Math.max(0, Math.floor(value * bins)));
/** Most answers take about 10 ms; one in twenty has a tail without a variance. */
const latency = (next: RandomStream): number =>
  next() < 0.05 ? 20 * (1 - next()) ** (-1 / 1.5) : 10 * Math.exp(0.5 * normal(next));

interface Mutable {
  requests: number;
  failures: number;
  latency: number[];
  predictions: number[];
  features: Record<string, number[]>;
}
const nothing = (): Mutable => ({
  ...{ requests: 0, failures: 0 },
  latency: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
  predictions: new Array<number>(BINS).fill(0),
  features: {
    wind: new Array<number>(BINS + 1).fill(0),
    load: new Array<number>(BINS + 1).fill(0),
    origin: new Array<number>(ORIGINS.length + 2).fill(0),
  },
});
const count = (counts: number[] | undefined, bin: number): void => {
  if (counts !== undefined) counts[bin] = (counts[bin] ?? 0) + 1;
};

const one = (into: Mutable, next: RandomStream, season: number, fault: Fault = {}): void => {
  into.requests += 1;
  count(into.latency, latencyBucket(latency(next) * (fault.slower ?? 1)));
  if (next() < ERRORS + (fault.errors ?? 0)) {
    into.failures += 1;
    return;
  }
  const wind = 0.5 + season + 0.15 * normal(next);
  const load = next();
  count(into.predictions, binOf(0.3 * wind + 0.3 * load + 0.1 + 0.05 * normal(next) + (fault.shift ?? 0)));
  count(into.features['wind'], fault.broken === true ? BINS - 1 : binOf(wind));
  count(into.features['load'], binOf(load));
  count(into.features['origin'], binOf(next(), ORIGINS.length));
};

/** Each rollout has weather of its own, unlike that of the training, and both versions see it. */
export const simulateTarget = (next: RandomStream, fault: Fault = {}): SimulatedTarget => {
  let [ours, theirs, share, answered] = [nothing(), nothing(), 0, 0];
  const season = 0.2 * (next() - 0.5);
  const counters = (artifactDigest: Digest, { requests, ...counted }: Mutable): TrafficCounters => ({
    ...noTraffic(artifactDigest),
    ...counted,
    requests,
    rows: requests,
  });
  return {
    shift: (weight) => {
      [ours, theirs, share] = [nothing(), nothing(), weight / 100];
    },
    serve: (requests) => {
      for (let request = 0; request < requests; request += 1)
        if (next() < share) {
          answered += 1;
          one(ours, next, season, fault);
        } else one(theirs, next, season);
    },
    candidate: () => counters(CANDIDATE, ours),
    champion: () => counters(CHAMPION, theirs),
    answered: () => answered,
  };
};

/** What both were trained on: the same. */
export const trainedOn = (next: RandomStream): References => {
  const trained = nothing();
  for (let row = 0; row < 20_000; row += 1) one(trained, next, 0);
  const edges = Array.from({ length: BINS - 1 }, (_, index) => (index + 1) / BINS);
  return Object.fromEntries(
    FEATURES.map((name) => {
      const counts = trained.features[name] ?? [];
      return [
        name,
        name === 'origin'
          ? { kind: 'categorical' as const, categories: ORIGINS, counts }
          : { kind: 'numeric' as const, edges, counts },
      ];
    }),
  );
};
