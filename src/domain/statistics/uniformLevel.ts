import { priorWeight } from './betaMixture.js';
import { normalCdf } from './distributions.js';

/**
 * At which level a look must judge by the normal distribution, so that all looks together err with a chance of about
 * `alpha`: the tail beyond Robbins' boundary. Right as far as an estimate is a mean of independent observations, which
 * it is for many of them.
 *
 * @param tightAt number of observations at which it is to cost least
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, "Time-uniform central limit theory and asymptotic
 * confidence sequences".
 */
export const uniformLevel = (observations: number, alpha: number, tightAt: number): number => {
  const weight = priorWeight(alpha, tightAt);
  const grown = observations / weight;
  return normalCdf(-Math.sqrt((1 + 1 / grown) * (Math.log1p(grown) + 2 * Math.log(1 / alpha))));
};
