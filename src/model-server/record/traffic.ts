import type { Digest } from '../../domain/artifact/types.js';
import { addCounts, NO_COUNTS, type FeatureCounts } from '../../domain/inference/featureCounts.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import { LATENCY_BUCKETS_MS, latencyBucket } from '../../domain/rollout/latencyBuckets.js';
import type { Fence, TrafficCounters } from '../../domain/rollout/types.js';
import type { RowCounts } from './rowCounts.js';

export interface Measured {
  readonly since: Fence | null;
  readonly counters: TrafficCounters;
}

/** Counters of this version since the node's last command. */
export interface Traffic {
  count(latencyMs: number, failed: boolean): void;
  /** A request that no version with this signature would have answered. */
  countRefused(): void;
  countRows(inputs: readonly Tensor[], rows: number, predictions: ArrayLike<number>): void;
  /** Starts again from zero for a new command; the same fence again changes nothing. */
  reset(fence: Fence): void;
  read(): Measured;
  /** Rows since they were taken last, whatever commands came in between. */
  takeCounts(): FeatureCounts;
}

export const createTraffic = (artifactDigest: Digest, fresh: RowCounts): Traffic => {
  let since: Fence | null = null;
  let requests = noRequests();
  let counted = fresh.take();
  let untaken = NO_COUNTS;
  const nothing = counted;
  const settle = (): void => {
    const more = fresh.take();
    counted = addCounts(counted, more);
    untaken = addCounts(untaken, more);
  };
  return {
    count: (latencyMs, failed) => {
      requests.requests += 1;
      if (failed) requests.failures += 1;
      requests.latency[latencyBucket(latencyMs)]! += 1;
    },
    countRefused: () => void (requests.refused += 1),
    countRows: (inputs, rows, predictions) => fresh.add(inputs, rows, predictions),
    reset: (fence) => {
      if (since?.epoch === fence.epoch && since.seq === fence.seq) return;
      settle();
      since = fence;
      requests = noRequests();
      counted = nothing;
    },
    read: () => {
      settle();
      return { since, counters: { artifactDigest, ...requests, ...counted } };
    },
    takeCounts: () => {
      settle();
      const taken = untaken;
      untaken = NO_COUNTS;
      return taken;
    },
  };
};

const noRequests = () => ({
  requests: 0,
  failures: 0,
  refused: 0,
  latency: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0),
});
