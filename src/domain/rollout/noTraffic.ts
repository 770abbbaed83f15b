import type { Digest } from '../artifact/types.js';
import { LATENCY_BUCKETS_MS } from './latencyBuckets.js';
import type { TrafficCounters } from './types.js';

const PREDICTION_BINS = 20;

/** Counters of a version that nobody has asked yet. */
export const noTraffic = (artifactDigest: Digest): TrafficCounters => ({
  artifactDigest,
  requests: 0,
  failures: 0,
  rows: 0,
  latency: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
  predictions: new Array<number>(PREDICTION_BINS).fill(0),
  features: {},
});
