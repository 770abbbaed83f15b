import { normalQuantile } from './distributions.js';

/** `count` of `total` observations; `total` above 0. */
export interface Proportion {
  readonly count: number;
  readonly total: number;
}

/**
 * Wilson's score interval of a share; each end is beyond the truth with chance `alpha`. Never outside of 0 to 1, and
 * right for counts of zero. Source: Wilson 1927.
 */
export const wilsonInterval = ({ count, total }: Proportion, alpha: number): readonly [number, number] => {
  const z = normalQuantile(1 - alpha);
  const share = count / total;
  const centre = share + z ** 2 / (2 * total);
  const reach = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const scale = 1 + z ** 2 / total;
  return [Math.max(0, (centre - reach) / scale), Math.min(1, (centre + reach) / scale)];
};

/**
 * Smallest believable increase of a share from `before` to `now`; beyond the truth with a chance of about `alpha` (of
 * rare events in small samples up to twice that).
 * Source: Newcombe 1998, method 10.
 */
export const increaseAtLeast = (before: Proportion, now: Proportion, alpha: number): number => {
  const was = before.count / before.total;
  const is = now.count / now.total;
  const [low] = wilsonInterval(now, alpha);
  const [, high] = wilsonInterval(before, alpha);
  return is - was - Math.sqrt((is - low) ** 2 + (high - was) ** 2);
};
