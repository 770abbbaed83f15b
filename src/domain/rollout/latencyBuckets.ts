/** Upper edges (inclusive) of the latency histogram's buckets, milliseconds; one more bucket holds the rest. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  0.5, 1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000,
  5000, 7500, 10_000, 20_000, 30_000,
];

/** Bucket of a latency; what is no number is in the last one. */
export const latencyBucket = (milliseconds: number): number => {
  const bucket = LATENCY_BUCKETS_MS.findIndex((edge) => milliseconds <= edge);
  return bucket < 0 ? LATENCY_BUCKETS_MS.length : bucket;
};

/**
 * The q-quantile of a latency histogram, milliseconds, interpolated within its bucket. Beyond the last edge it is
 * that edge: a lower bound. NaN without requests.
 *
 * @param q from 0 to 1; values beyond are taken for these
 */
export const latencyQuantile = (counts: readonly number[], q: number): number => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return Number.NaN;
  const wanted = Math.min(1, Math.max(0, q)) * total;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= wanted) {
      const from = LATENCY_BUCKETS_MS[bucket - 1] ?? 0;
      const to = LATENCY_BUCKETS_MS[bucket] ?? from;
      return from + ((to - from) * (wanted - below)) / count;
    }
    below += count;
  }
  return LATENCY_BUCKETS_MS.at(-1) ?? Number.NaN;
};
