import type { EnvironmentState } from './types.js';

interface LeaseReceipt {
  readonly granted: boolean;
  /** Incident that has the lease now. */
  readonly holder?: string;
}

export interface LeaseTaken {
  readonly state: EnvironmentState;
  readonly receipt: LeaseReceipt;
}

/**
 * Asks for the right to repair the environment, which one incident has at a time, until it returns it or its
 * deadline passes. Asking again while holding it is granted and does not prolong it.
 *
 * @param now epoch milliseconds
 * @param deadlineMs how long it may be held, milliseconds
 */
export const takeLease = (state: EnvironmentState, incidentId: string, now: number, deadlineMs: number): LeaseTaken => {
  const free = expireLease(state, now);
  const holder = free.lease?.incidentId;
  if (holder !== undefined) return { state: free, receipt: { granted: holder === incidentId, holder } };
  const lease = { incidentId, since: now, deadline: now + Math.max(0, deadlineMs) };
  return { state: { ...free, lease }, receipt: { granted: true, holder: incidentId } };
};

/** Only the holder can return it. */
export const returnLease = (state: EnvironmentState, incidentId: string): EnvironmentState =>
  state.lease?.incidentId === incidentId ? withoutLease(state) : state;

export const expireLease = (state: EnvironmentState, now: number): EnvironmentState =>
  state.lease !== undefined && !(now < state.lease.deadline) ? withoutLease(state) : state;

const withoutLease = ({ lease: _, ...state }: EnvironmentState): EnvironmentState => state;
