import { canFollow } from '../rollout/acceptEpoch.js';
import { differences } from '../rollout/differences.js';
import type { ObservedVersion, TargetState } from '../rollout/types.js';
import type { DeploymentRequest, EnvironmentState } from './types.js';

export type TargetJudgement =
  | { readonly kind: 'agrees'; readonly reason: string }
  /** A passage is under way: what runs is its business. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** Not what the arbiter settled. With a request where the arbiter can put it back. */
  | { readonly kind: 'drifted'; readonly reason: string; readonly repair?: DeploymentRequest };

type Observed = Pick<TargetState, 'fence' | 'versions' | 'forgotten'> | undefined;

/** Repairs in a row that did not help; then people are told, and nothing is tried again. */
const MOST_FAILED = 3;

/** Whoever asks the arbiter for a repair: the Schedule that looks at the target. */
export const targetWatchId = (model: string, environment: string): string => `target/${model}/${environment}`;

/**
 * Does what runs agree with what the arbiter settled last? Whether a version is ready is not asked: its server is started
 * again by whoever runs it.
 *
 * @param observed what the target says; undefined: it knows nothing of the model
 */
export const judgeTarget = (state: EnvironmentState, observed: Observed): TargetJudgement => {
  if (state.active !== undefined) return { kind: 'busy', reason: `epoch ${state.active.epoch} is under way` };
  const found = [...fenceFaults(state, observed), ...differences(wantedOf(state), foundOf(state, observed))];
  if (found.length === 0) return { kind: 'agrees', reason: sayWhatRuns(state) };
  const reason = found.join('; ');
  const failed = failedRepairs(state);
  const why = unrepairable(state, observed, failed);
  return why === undefined
    ? { kind: 'drifted', reason, repair: repairOf(state, observed, reason) }
    : { kind: 'drifted', reason: `${reason}. It is not put back: ${why}` };
};

const sayWhatRuns = ({ champion, environment }: EnvironmentState): string =>
  champion === undefined
    ? `nothing runs in ${environment}, as it should`
    : `${champion.artifactDigest.slice(7, 19)} runs in ${environment}, as it should`;

const wantedOf = ({ champion }: EnvironmentState) =>
  champion === undefined ? [] : [{ artifactDigest: champion.artifactDigest, weight: 100, role: 'champion' as const }];

/**
 * The first version of all stayed the candidate that it came as where it was deployed before such a one came as the champion,
 * and the version before may be kept beside without traffic.
 */
const foundOf = ({ previous, champion }: EnvironmentState, observed: Observed): readonly ObservedVersion[] =>
  (observed?.versions ?? [])
    .filter(
      ({ artifactDigest, weight, role }) =>
        weight > 0 ||
        role === 'shadow' ||
        artifactDigest === champion?.artifactDigest ||
        artifactDigest !== previous?.artifactDigest,
    )
    .map((version) =>
      version.role === 'candidate' && version.weight === 100 ? { ...version, role: 'champion' } : version,
    );

const fenceFaults = (state: EnvironmentState, observed: Observed): readonly string[] => {
  if (observed === undefined) return state.champion === undefined ? [] : ['the target knows nothing of the model'];
  const { fence, forgotten } = observed;
  const settled = state.history.find(({ outcome }) => outcome === 'deployed' || outcome === 'retired')?.epoch ?? 0;
  const lost = Math.max(forgotten ?? 0, fence.epoch < settled ? settled : 0);
  if (lost > 0) return [`the target is at epoch ${fence.epoch}, and has forgotten epoch ${lost}`];
  return fence.epoch > state.epoch
    ? [`somebody else told the target epoch ${fence.epoch}; the arbiter is at ${state.epoch}`]
    : [];
};

const failedRepairs = ({ model, environment, history }: EnvironmentState): number => {
  const by = targetWatchId(model, environment);
  const helped = history.findIndex((entry) => entry.by !== by || entry.outcome === 'deployed');
  return helped < 0 ? history.length : helped;
};

const unrepairable = (
  { champion, epoch, environment }: EnvironmentState,
  observed: Observed,
  failed: number,
): string | undefined => {
  if (champion === undefined) return `nothing should run in ${environment}, and to take it away is for a person`;
  if (failed >= MOST_FAILED) return `${failed} repairs in a row did not help`;
  return canFollow(Math.max(epoch, observed?.fence.epoch ?? 0), epoch)
    ? undefined
    : `no honest epoch follows ${observed?.fence.epoch ?? 0}`;
};

/** One request for each state that was found: the same look twice is one repair. */
const repairOf = (state: EnvironmentState, observed: Observed, reason: string): DeploymentRequest => {
  const { model, environment, epoch, champion } = state;
  const by = targetWatchId(model, environment);
  const { epoch: told = 0, seq = 0 } = observed?.fence ?? {};
  return {
    requestId: `${by}@${epoch}/${told}.${seq}`,
    kind: 'remediation',
    // Without a champion there is no repair.
    version: champion!,
    rollout: { strategy: 'immediate' },
    order: 0,
    by,
    reason: `what ran was not what should: ${reason}`,
    restore: { above: told },
  };
};
