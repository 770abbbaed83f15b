import { logLikelihood, logMixture, RARE } from './betaMixture.js';
import type { Proportion } from './proportions.js';

/**
 * Logarithm of the evidence that a share rose by more than `limit` from `before` to `now`. Whatever both shares are, as
 * long as it did not, it ever exceeds log(1 / alpha) with a chance of at most alpha, over all looks together: both
 * likelihoods, averaged over a prior, are divided by the largest that an increase within the limit can give.
 * Observations are independent; how many there are of each may depend on anything but those to come.
 * Source: Wasserman, Ramdas and Balakrishnan 2020, "Universal inference"; Turner and Grünwald 2023, "Exact
 * anytime-valid confidence intervals for contingency tables and beyond".
 *
 * @example increaseEvidence({ count: 3, total: 900 }, { count: 20, total: 100 }, 0.01) > Math.log(1 / 0.001)
 */
export const increaseEvidence = (before: Proportion, now: Proportion, limit: number): number =>
  averaged(before) + averaged(now) - mostLikely(before, now, limit);

const averaged = ({ count, total }: Proportion): number => logMixture(count, total - count, RARE);

/** Largest log likelihood of both where the share rises by `limit` at most. */
const mostLikely = (before: Proportion, now: Proportion, limit: number): number => {
  const at = (was: number, is: number): number =>
    logLikelihood(before.count, before.total - before.count, was) + logLikelihood(now.count, now.total - now.count, is);
  const [was, is] = [before.count / before.total, now.count / now.total];
  if (is - was <= limit) return at(was, is);
  // It is largest where the limit is just met, and there it has one maximum.
  const slope = (share: number): number => slopeOf(before, share) + slopeOf(now, share + limit);
  let [low, high] = [0, 1 - limit];
  for (let round = 0; round < 60; round += 1) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) low = middle;
    else high = middle;
  }
  const share = (low + high) / 2;
  return at(share, share + limit);
};

const slopeOf = ({ count, total }: Proportion, share: number): number =>
  (count > 0 ? count / share : 0) - (total > count ? (total - count) / (1 - share) : 0);
