import type { Digest } from '../artifact/types.js';
import type { Measurement } from './measureStep.js';
import type { Phase } from './phases.js';
import type { ObservedVersion, StepAnalysis, TargetState } from './types.js';

/**
 * Between the looks of a phase that declares no interval its candidate is watched: whether its server is there, and whether the
 * counts show it at fault already. What needs the whole hold, or is not of the rollout's budget, waits for the look.
 */
export type Watched =
  | { readonly kind: 'sound'; readonly reason: string }
  /** As a look would say it: its verdict is `fail`. */
  | { readonly kind: 'failed'; readonly reason: string; readonly analysis: StepAnalysis };

/** The stream of a rollout has one for each command since which a candidate was watched: what that spends is on record. */
export const WATCHED = 'rollout.watched';

const SHORTEST_WATCH_MS = 60_000;
/** Nor closer than this share of the time that the phase has taken: a day is a hundred times, and a month less than two hundred. */
const SHORTEST_WATCH_SHARE = 1 / 20;

/** Time until it is watched again. */
export const watchAfter = (elapsedMs: number): number =>
  Math.max(SHORTEST_WATCH_MS, Math.ceil(elapsedMs * SHORTEST_WATCH_SHARE));

/** Its own interval is for its author to say; and in a short one the first look is soon enough. */
export const isWatched = ({ step, analysis }: Pick<Phase, 'step' | 'analysis'>): boolean =>
  analysis.intervalMs === undefined && Math.max(step.holdMs, step.deadlineMs) > SHORTEST_WATCH_MS;

/**
 * Why nothing of a candidate serves; undefined: something does, or nothing of the champion does either, and what ended both is
 * not its fault. A part that answers is enough: a version that grows, or that lost one of its replicas, has others.
 */
export const whyUnready = (
  state: Pick<TargetState, 'versions'> | undefined,
  { candidate, champion }: { readonly candidate: Digest; readonly champion?: Digest },
): string | undefined => {
  const of = (digest: Digest) => state?.versions.find(({ artifactDigest }) => artifactDigest === digest);
  const own = of(candidate);
  if (own !== undefined && serves(own)) return undefined;
  const other = champion === undefined || champion === candidate ? undefined : of(champion);
  if (other !== undefined && !serves(other)) return undefined;
  return own === undefined ? 'the target has no such version' : (own.reason ?? 'the target does not say why');
};

/** Targets call a version ready that is there as a whole; its digest is what those say that answer. */
const serves = ({ artifactDigest, ready, servedDigest }: ObservedVersion): boolean =>
  ready || servedDigest === artifactDigest;

/** A candidate that was not ready for as long as a new one is given. */
export const unready = (why: string, limitMs: number): Measurement => ({
  ...{ name: 'unready_seconds', value: limitMs / 1_000, limit: limitMs / 1_000, verdict: 'fail' },
  reason: `its server was not ready for ${limitMs / 1_000} s: ${why}`,
});
