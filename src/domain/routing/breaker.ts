/**
 * Whether one model server is asked. Requests in a row that it took and did not answer open its circuit; after a pause
 * one request is let through, and decides: answered, all come back; lost, the pause is twice as long. A failure that
 * a version answers with is no reason: whoever knows values that a model fails on could take it away with a few requests,
 * and what a canary fails on is judged beside its champion.
 *
 * Times are of a clock that only goes forward, in milliseconds.
 */
export interface Breaker {
  /** Requests in a row without an answer. */
  readonly lost: number;
  /** Times that it opened, without an answer in between. */
  readonly openings: number;
  /** Undefined: closed. */
  readonly openUntil: number | undefined;
  /** The one request that decides is under way. */
  readonly probing: boolean;
}

export const CLOSED: Breaker = { lost: 0, openings: 0, openUntil: undefined, probing: false };

const LOST_IN_A_ROW = 5;
const OPEN_MS = { first: 1_000, longest: 30_000 };
/** Opened so often in a row, a server is given up: it says that it is well, and answers nobody. */
const GIVEN_UP = 3;

/** `probe`: the request that is asked now decides. */
export type Admission = 'all' | 'probe' | 'none';

export const admission = ({ openUntil, probing }: Breaker, now: number): Admission =>
  openUntil === undefined ? 'all' : probing || now < openUntil ? 'none' : 'probe';

export const probed = (breaker: Breaker): Breaker => ({ ...breaker, probing: true });

/** @param probe the request was let through to decide; others were under way when the circuit opened, and decide nothing */
export const afterLoss = (breaker: Breaker, probe: boolean, now: number): Breaker => {
  if (breaker.openUntil !== undefined) return probe ? open(breaker, now) : breaker;
  const lost = breaker.lost + 1;
  return lost < LOST_IN_A_ROW ? { ...breaker, lost } : open({ ...breaker, lost }, now);
};

const open = (breaker: Breaker, now: number): Breaker => ({
  ...breaker,
  openings: breaker.openings + 1,
  openUntil: now + Math.min(OPEN_MS.first * 2 ** breaker.openings, OPEN_MS.longest),
  probing: false,
});

export const isGivenUp = ({ openings }: Breaker): boolean => openings >= GIVEN_UP;
