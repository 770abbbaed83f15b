/** What `expireAfter` of slipway.yaml may be at most, in days. Whoever waits for a release waits longer. */
export const LONGEST_WAIT_DAYS = 90;
