import { jensenShannonDivergence, shares } from './distances.js';
import { fisherQuantile, normalQuantile } from './distributions.js';

export interface DistanceEstimate {
  /** Jensen-Shannon distance, base 2, of the shares as they are. */
  readonly raw: number;
  /** Without what sampling alone adds. */
  readonly distance: number;
  readonly interval: readonly [number, number];
}

export interface Spread {
  /** Directions in which samples differ, where these are fewer than bins. */
  readonly degrees: number;
  /** Degrees of freedom that the sizes were estimated with. */
  readonly estimatedFrom: number;
}

interface Sizes {
  /** Independent observations that the histograms are worth, where rows depend on each other; at most their counts. */
  readonly reference?: number;
  readonly current?: number;
  readonly spread?: Spread;
}

/** A bin in which the smaller sample would be expected to have fewer observations than this is put to its neighbour. */
const SPARSE = 5;

/**
 * Jensen-Shannon distance of two samples, with an interval. Small samples of one distribution look far apart: their
 * divergence is about a chi-square variable of k - 1 degrees times (1/n + 1/m) / (8 ln 2) bits, so its mean is
 * subtracted and its tail added to that of the delta method. Sparse bins are pooled first, neighbours with
 * neighbours, because they carry noise only.
 *
 * @param reference counts per bin; `current` the same bins
 * @param alpha chance of each end of the interval to be beyond the truth, 0 to 0.5
 * @returns NaN where one histogram is empty
 * Source: Lin 1991; Grosse et al. 2002 for the distribution under equality.
 */
export const distanceInterval = (
  reference: readonly number[],
  current: readonly number[],
  alpha: number,
  sizes: Sizes = {},
): DistanceEstimate => {
  const n = Math.min(sizes.reference ?? Infinity, sum(reference));
  const m = Math.min(sizes.current ?? Infinity, sum(current));
  const raw = Math.sqrt(Math.max(0, jensenShannonDivergence(reference, current)));
  if (!(n > 0 && m > 0)) return { raw, distance: Number.NaN, interval: [Number.NaN, Number.NaN] };
  const [p, q] = poolSparse(shares(reference), shares(current), Math.min(n, m));
  // All of it sparse: nothing is seen, and nothing excluded.
  if (p.length < 2 && raw > 0) return { raw, distance: 0, interval: [0, 1] };
  const unit = (1 / n + 1 / m) / (8 * Math.LN2);
  const bins = p.length - 1;
  const degrees = Math.min(sizes.spread?.degrees ?? bins, bins);
  const divergence = jensenShannonDivergence(p, q) - bins * unit;
  if (bins === 0) return { raw, distance: 0, interval: [0, 0] };
  // The few directions in which days differ may well be those of the drift: each then has the variance of many bins.
  const slope = (deltaVariance(p, q) / n + deltaVariance(q, p) / m) * (bins / degrees);
  const z = normalQuantile(1 - alpha);
  const above = fisherQuantile(alpha, degrees, sizes.spread?.estimatedFrom ?? Infinity) - 1;
  const low = divergence - Math.hypot(z * Math.sqrt(slope), bins * unit * above);
  const high = divergence + z * Math.hypot(Math.sqrt(slope), bins * unit * Math.sqrt(2 / degrees));
  const distance = (value: number): number => Math.sqrt(Math.min(1, Math.max(0, value)));
  return { raw, distance: distance(divergence), interval: [distance(low), distance(high)] };
};

/** Variance of the divergence's slope in p: of log2(p / m) / 2 over bins drawn by p. */
const deltaVariance = (p: readonly number[], q: readonly number[]): number => {
  const slopes = p.map((share, bin) => (share > 0 ? 0.5 * Math.log2((2 * share) / (share + (q[bin] ?? 0))) : 0));
  const mean = slopes.reduce((total, slope, bin) => total + slope * (p[bin] ?? 0), 0);
  return slopes.reduce((total, slope, bin) => total + (slope - mean) ** 2 * (p[bin] ?? 0), 0);
};

const poolSparse = (
  p: readonly number[],
  q: readonly number[],
  smaller: number,
): readonly [readonly number[], readonly number[]] => {
  const pooled: [number, number][] = [];
  let open: [number, number] = [0, 0];
  for (const [bin, share] of p.entries()) {
    open = [open[0] + share, open[1] + (q[bin] ?? 0)];
    if (((open[0] + open[1]) / 2) * smaller < SPARSE) continue;
    pooled.push(open);
    open = [0, 0];
  }
  // What is left at the end joins its neighbour.
  const last = pooled.pop() ?? [0, 0];
  pooled.push([last[0] + open[0], last[1] + open[1]]);
  return [pooled.map(([share]) => share), pooled.map(([, share]) => share)];
};

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
