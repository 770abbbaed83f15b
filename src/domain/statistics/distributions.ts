import { betaShare, gammaShare, gammaTail } from './gamma.js';

/** P(Z <= x) of the standard normal distribution. */
export const normalCdf = (x: number): number => {
  const tail = 0.5 * gammaTail(0.5, (x * x) / 2);
  return x > 0 ? 1 - tail : tail;
};

/** P(T <= t) of Student's distribution. */
export const studentCdf = (t: number, degrees: number): number => {
  const tail = 0.5 * betaShare(degrees / (degrees + t * t), degrees / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
};

export const chiSquareCdf = (x: number, degrees: number): number => gammaShare(degrees / 2, x / 2);

/** P(X > x), accurate in the far tail, where p-values are. */
export const chiSquareTail = (x: number, degrees: number): number => gammaTail(degrees / 2, x / 2);

/** P(F > x) of Fisher's distribution, accurate in the far tail; of infinite `below` chi-square over its degrees. */
export const fisherTail = (x: number, above: number, below: number): number => {
  if (!(x > 0)) return Number.isNaN(x) ? x : 1;
  if (below === Infinity) return chiSquareTail(x * above, above);
  return betaShare(below / (below + above * x), below / 2, above / 2);
};

/** x with P(F > x) = tail, 0 < tail < 1. */
export const fisherQuantile = (tail: number, above: number, below: number): number =>
  tail > 0 && tail < 1 ? rising((x) => tail - fisherTail(x, above, below), 0) : Number.NaN;

/** x with P(Z <= x) = p, 0 < p < 1. */
export const normalQuantile = (p: number): number => symmetric(p, (x) => normalCdf(x));

/** t with P(T <= t) = p, 0 < p < 1. */
export const studentQuantile = (p: number, degrees: number): number => symmetric(p, (t) => studentCdf(t, degrees));

/** x with P(X <= x) = p, 0 <= p < 1. */
export const chiSquareQuantile = (p: number, degrees: number): number => {
  if (!(p > 0)) return p === 0 ? 0 : Number.NaN;
  if (p >= 1) return p === 1 ? Infinity : Number.NaN;
  // The smaller of both tails is the one that keeps its digits.
  return p < 0.5 ? rising((x) => chiSquareCdf(x, degrees) - p, 0) : rising((x) => 1 - p - chiSquareTail(x, degrees), 0);
};

/** Solved in the lower half, where the distribution function keeps its digits. */
const symmetric = (p: number, cdf: (x: number) => number): number => {
  if (p === 0.5) return 0;
  if (p > 0.5) return p < 1 ? -symmetric(1 - p, cdf) : p === 1 ? Infinity : Number.NaN;
  if (!(p > 0)) return p === 0 ? -Infinity : Number.NaN;
  return -rising((x) => p - cdf(-x), 0);
};

/** The root of a rising function above `from`: doubled until it is enclosed, then halved to the last digit. */
const rising = (f: (x: number) => number, from: number): number => {
  let low = from;
  let high = from + 1;
  while (f(high) < 0 && high < 1e300) {
    low = high;
    high *= 2;
  }
  for (let round = 0; round < 200; round += 1) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
};
