import type { Digest } from '../artifact/types.js';
import type { TargetState, TrafficCounters } from './types.js';

/** What one look at a version that soaks saw, by the target's own words. */
export interface SoakLook {
  /** Epoch milliseconds, by the workflow that asked for it. */
  readonly at: number;
  /** Why it does not serve soundly now; absent: it does. */
  readonly ill?: string;
  /** Another version has its place. */
  readonly replaced?: string;
  /** Starts of its model server, and the passage that brought it: a change of either is a new beginning. */
  readonly restarts: number;
  readonly epoch: number;
  /** When the target accepted its last command; absent: it was started again since. */
  readonly acceptedAt?: number;
  /** Of the requests since the last command to the target. */
  readonly requests: number;
  readonly failures: number;
}

export type SoakVerdict =
  | { readonly kind: 'sound' }
  /** It is not as it was: its time begins at this look. */
  | { readonly kind: 'anew'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** A share of failed requests above this is no health, once so many were answered. */
const MOST_FAILURES = 0.01;
const LEAST_REQUESTS = 100;

/** What the target says of an artifact, as a look. */
export const lookAt = (
  artifact: Digest,
  at: number,
  state: TargetState | undefined,
  { counters, acceptedAt }: { readonly counters: readonly TrafficCounters[]; readonly acceptedAt?: number },
): SoakLook => {
  const version = state?.versions.find(({ artifactDigest }) => artifactDigest === artifact);
  const counted = counters.find(({ artifactDigest }) => artifactDigest === artifact);
  const base = {
    at,
    restarts: version?.restarts ?? 0,
    epoch: state?.fence.epoch ?? 0,
    requests: counted?.requests ?? 0,
    failures: counted?.failures ?? 0,
    ...(acceptedAt === undefined ? {} : { acceptedAt }),
  };
  if (version === undefined) {
    const serving = state?.versions.find(({ role }) => role === 'champion')?.artifactDigest;
    return { ...base, replaced: serving === undefined ? 'nothing serves there' : `${serving} serves in its place` };
  }
  const ill =
    version.role !== 'champion'
      ? 'it is not the champion'
      : version.servedDigest !== artifact
        ? `its model server serves ${version.servedDigest ?? 'nothing'}`
        : version.ready
          ? undefined
          : `it is not ready${version.reason === undefined ? '' : `: ${version.reason}`}`;
  return ill === undefined ? base : { ...base, ill };
};

/**
 * Is a version as sound as it was at the look before? A version that lost its place, or that fails its requests, has
 * failed; one that was started anew or is ill begins anew.
 */
export const judgeSoak = (before: SoakLook | undefined, now: SoakLook): SoakVerdict => {
  if (now.replaced !== undefined) return { kind: 'failed', reason: now.replaced };
  if (now.requests >= LEAST_REQUESTS && now.failures / now.requests > MOST_FAILURES)
    return { kind: 'failed', reason: `${now.failures} of ${now.requests} requests failed` };
  if (now.ill !== undefined) return { kind: 'anew', reason: now.ill };
  if (before === undefined) return { kind: 'sound' };
  if (now.epoch !== before.epoch) return { kind: 'anew', reason: `it was deployed again, in epoch ${now.epoch}` };
  if (now.restarts !== before.restarts)
    return { kind: 'anew', reason: `its model server was started ${now.restarts - before.restarts} times` };
  if (now.acceptedAt !== before.acceptedAt)
    return { kind: 'anew', reason: 'the target was started, or told something, again' };
  return { kind: 'sound' };
};
