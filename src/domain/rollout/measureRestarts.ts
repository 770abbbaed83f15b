import type { Measurement } from './measureStep.js';
import type { TrafficCounters } from './types.js';

/** Somebody with a reason may end a server now and then, and only one of the two. */
const MOST_RESTARTS = 2;
/** So often nothing that ends servers from outside ends one that never served: it cannot. */
const MOST_UNSERVED = 10;

/**
 * A server that ends again and again is no version to wait for: hardly any request reaches it, and what does is asked of the
 * champion. What also ends the champion's is not its fault: a machine short of memory, or an input that no version survives
 * (the router asks the other version what one died of, so such an input ends as many of each). Where it answered nothing at
 * all, the champion's trouble excuses it only so often. Nothing where it is within its limit.
 *
 * @param champion on the same interval; absent: there is none
 */
export const measureRestarts = (candidate: TrafficCounters, champion?: TrafficCounters): readonly Measurement[] => {
  const { restarts = 0, requests, failures } = candidate;
  const theirs = champion?.restarts ?? 0;
  const serves = requests > failures;
  const limit = serves ? theirs + MOST_RESTARTS : Math.min(theirs + MOST_RESTARTS, MOST_UNSERVED);
  if (restarts <= limit) return [];
  const beside = champion === undefined ? 'there is no champion' : `that of the champion ${times(theirs)}`;
  const served = serves ? '' : ', and it answered no request';
  const reason = `the candidate's server was started again ${times(restarts)}, ${beside}${served}; at most ${limit} may be`;
  return [{ name: 'restarts', value: restarts, limit, verdict: 'fail', reason }];
};

const times = (count: number): string => (count === 0 ? 'not once' : count === 1 ? 'once' : `${count} times`);
