import { kolmogorovTail } from './kolmogorovTail.js';

/** Up to this many rows in the larger sample the p-value is exact. */
const MAX_EXACT = 10_000;

/**
 * P-value of the two-sided two-sample Kolmogorov-Smirnov test. Exact up to 10,000 rows, by counting lattice paths;
 * beyond, of the one-sample distribution for nm / (n + m) rows. Rows must be independent.
 *
 * @param distance D of the two samples
 * Source: Hodges 1958. Oracle: scipy.stats.ks_2samp.
 */
export const kolmogorovTest = (distance: number, n: number, m: number): number => {
  if (!(n > 0 && m > 0 && distance >= 0)) return Number.NaN;
  return Math.max(n, m) <= MAX_EXACT ? exact(distance, n, m) : kolmogorovTail(Math.round((n * m) / (n + m)), distance);
};

/**
 * Every order of both samples is a path from (0, 0) to (n, m). The share of the paths to a point that have left the
 * band |x/n - y/m| < D is 1 outside of it, and inside the mean over the two ways there: nothing is subtracted, so that
 * small p-values keep their digits.
 */
const exact = (distance: number, n: number, m: number): number => {
  const divisor = gcd(n, m);
  const [stepX, stepY] = [m / divisor, n / divisor];
  const limit = Math.round((distance * n * m) / divisor);
  if (limit === 0) return 1;
  let left = new Float64Array(m + 1).fill(1);
  for (let x = 0; x <= n; x += 1) {
    const here = new Float64Array(m + 1).fill(1);
    const from = Math.max(0, Math.floor((x * stepX - limit) / stepY) + 1);
    const to = Math.min(m, Math.ceil((x * stepX + limit) / stepY) - 1);
    for (let y = from; y <= to; y += 1) {
      if (x + y === 0) here[0] = 0;
      else here[y] = ((x === 0 ? 0 : x * (left[y] ?? 1)) + (y === 0 ? 0 : y * (here[y - 1] ?? 1))) / (x + y);
    }
    left = here;
  }
  return left[m] ?? Number.NaN;
};

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
