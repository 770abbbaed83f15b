import { logLikelihood, logMixture } from './betaMixture.js';

/** How far from equal the prior looks for a difference: shares of a bin that differ by 100 %, 30 % or 10 %. */
const TIGHTNESS = [1, 10, 100];

/**
 * Logarithm of the evidence that it matters which of two versions is asked, from histograms of what came out. The
 * router gives each request to the candidate by chance. As long as both answer alike, a request's bin says nothing of
 * who was asked: in each bin the candidate has the same share of the requests as in all. Then the evidence ever exceeds
 * log(1 / alpha) with a chance of at most alpha, over all looks together; also where the traffic changes with time, and
 * where requests after one another are alike, because both versions see it. What is not the same is who was asked, request by
 * request.
 *
 * Under each bin's own share, averaged over beta priors around `share`, the labels are compared with the most likely
 * common share of all bins; so `share` may be wrong, which costs evidence only.
 *
 * @param share of the requests that the candidate was to get, between 0 and 1
 * Source: Turner, Ly and Grünwald 2024, "Generic E-variables for exact sequential k-sample tests that allow for optional
 * stopping"; Wasserman, Ramdas and Balakrishnan 2020 for the maximum in the denominator.
 */
export const labelEvidence = (reference: readonly number[], current: readonly number[], share: number): number => {
  const smaller = Math.min(share, 1 - share);
  const [theirs, ours] = [sum(reference), sum(current)];
  if (!(theirs > 0 && ours > 0 && smaller > 0)) return 0;
  const evidence = TIGHTNESS.map((tightness) => {
    const weight = tightness / smaller;
    const prior = { hits: weight * share, misses: weight * (1 - share) };
    return current.reduce((total, count, bin) => total + logMixture(count, reference[bin] ?? 0, prior), 0);
  });
  return logMean(evidence) - logLikelihood(ours, theirs, ours / (ours + theirs));
};

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const logMean = (logs: readonly number[]): number => {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((total, log) => total + Math.exp(log - largest), 0) / logs.length);
};
