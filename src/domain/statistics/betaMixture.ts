/**
 * Bounds of one share that hold at all looks together, however often and whenever it is looked at: the mixture of
 * binomial likelihoods over a beta prior, divided by the likelihood of the truth, is a martingale that begins at 1, so
 * that it ever reaches 1 / alpha with a chance of at most alpha (Ville's inequality).
 * Source: Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic
 * confidence sequences" (beta-binomial mixture).
 *
 * Counts need not be whole: an observation between 0 and 1 with the mean of the share keeps the bounds (the factor
 * that it multiplies with is convex in it, so its mean is at most that of a coin; Hoeffding 1963).
 */
import { logGamma } from './gamma.js';
import type { Proportion } from './proportions.js';

/** Beta prior: `hits` and `misses` as if they had been seen before. */
export interface Prior {
  readonly hits: number;
  readonly misses: number;
}

/** Most versions fail rarely; a flood of failures is found under it none the less. */
export const RARE: Prior = { hits: 0.5, misses: 5 };

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Logarithm of the likelihood of these counts in a given order, averaged over the prior. */
export const logMixture = (hits: number, misses: number, prior: Prior): number =>
  logBeta(prior.hits + hits, prior.misses + misses) - logBeta(prior.hits, prior.misses);

/** The same where the share is known; 0 of 0 is certain. */
export const logLikelihood = (hits: number, misses: number, share: number): number =>
  (hits > 0 ? hits * Math.log(share) : 0) + (misses > 0 ? misses * Math.log1p(-share) : 0);

/** Smallest share that is believable at any look: it is beyond the truth at some look with a chance of at most `alpha`. */
export const shareAtLeast = ({ count, total }: Proportion, alpha: number, prior: Prior = RARE): number => {
  const seen = logMixture(count, total - count, prior);
  const believable = (share: number): boolean =>
    seen - logLikelihood(count, total - count, share) < Math.log(1 / alpha);
  return total > 0 ? border(0, count / total, believable) : 0;
};

/**
 * Between which shares of `total` observations lie below a quantile that `share` of all lie below, at every look with
 * a chance of 1 - alpha. 1 as the upper end: nothing is known of how large it is.
 *
 * @param tightAt number of observations at which the bounds are to be narrowest
 * Source: Howard and Ramdas 2022, "Sequential estimation of quantiles with applications to A/B testing".
 */
export const quantileShares = (
  total: number,
  share: number,
  alpha: number,
  tightAt: number,
): readonly [number, number] => {
  const weight = priorWeight(alpha, tightAt);
  const prior = { hits: weight * share, misses: weight * (1 - share) };
  const believable = (seen: number): boolean =>
    logMixture(seen * total, (1 - seen) * total, prior) - logLikelihood(seen * total, (1 - seen) * total, share) <
    Math.log(1 / alpha);
  if (!(total > 0)) return [0, 1];
  return [border(0, share, believable), believable(1) ? 1 : border(1, share, believable)];
};

/**
 * How much a prior must weigh for the mixture's bounds to be narrowest at that many observations.
 * Source: Howard et al. 2021, on tuning boundaries.
 */
export const priorWeight = (alpha: number, tightAt: number): number => {
  const log = 2 * Math.log(1 / alpha);
  return tightAt / (log + Math.log(1 + log));
};

/** Where believable begins, from `outside` towards `inside`, which is believable. */
const border = (outside: number, inside: number, believable: (share: number) => boolean): number => {
  if (believable(outside)) return outside;
  let [no, yes] = [outside, inside];
  for (let round = 0; round < 60; round += 1) {
    const middle = (no + yes) / 2;
    if (believable(middle)) yes = middle;
    else no = middle;
  }
  return no;
};
