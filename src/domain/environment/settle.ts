import type { Version } from '../artifact/types.js';
import type { RolloutOutcome } from '../rollout/types.js';
import { forgetRelease } from './announceRelease.js';
import { remember } from './answer.js';
import { crown, orderOf, remembering } from './crown.js';
import type { DeploymentEntry, DeploymentRequest, DeploymentSettled, EnvironmentState, Pointer } from './types.js';

/** How a passage ended: as its rollout says, or refused where no rollout could be started. */
export type PassageOutcome =
  RolloutOutcome | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

export type Settlement =
  /** No such passage is under way: a repeat, or the end of one of an earlier epoch. */
  | { readonly kind: 'ignored'; readonly state: EnvironmentState }
  | {
      readonly kind: 'settled';
      readonly state: EnvironmentState;
      readonly request: DeploymentRequest;
      readonly settled: DeploymentSettled;
      readonly entry: DeploymentEntry;
      /** Where the champion changed. */
      readonly pointer?: Pointer;
    };

/**
 * Ends the passage of `epoch`. Only one that completed changes the champion.
 *
 * @param now epoch milliseconds
 */
export const settle = (state: EnvironmentState, epoch: number, outcome: PassageOutcome, now: number): Settlement => {
  const { active, ...idle } = state;
  if (active === undefined || active.epoch !== epoch) return { kind: 'ignored', state };
  const { request } = active;
  const verdict = verdictOf(outcome, request.kind, state.champion);
  const settled: DeploymentSettled = {
    requestId: request.requestId,
    environment: state.environment,
    epoch,
    outcome: verdict,
    ...(outcome.kind === 'refused' ? {} : { rollout: outcome }),
  };
  const order = orderOf(state, request);
  const entry: DeploymentEntry = {
    requestId: request.requestId,
    kind: request.kind,
    epoch,
    version: request.version,
    outcome: verdict.kind,
    by: request.by,
    reason: verdict.kind === 'deployed' ? request.reason : verdict.reason,
    ...(order === undefined ? {} : { order }),
    startedAt: active.startedAt,
    endedAt: now,
  };
  const ended = request.kind === 'release' ? forgetRelease(idle, request.version.releaseId) : idle;
  const crowned = verdict.kind === 'deployed' ? crown(ended, request, order) : ended;
  // Steps of a rollout are in the ledger; what is remembered for repeats stays small.
  const { rollout: _, ...small } = settled;
  return {
    kind: 'settled',
    state: remember(remembering(crowned, entry), [small]),
    request,
    settled,
    entry,
    ...(verdict.kind === 'deployed' ? { pointer: pointerOf(state, epoch, request, now) } : {}),
  };
};

const pointerOf = (state: EnvironmentState, epoch: number, { version }: DeploymentRequest, at: number): Pointer => ({
  model: state.model,
  environment: state.environment,
  epoch,
  artifactDigest: version.artifactDigest,
  releaseId: version.releaseId,
  at,
});

type Verdict = Extract<DeploymentSettled['outcome'], { kind: 'deployed' | 'rolled_back' | 'refused' }>;

const verdictOf = (
  outcome: PassageOutcome,
  kind: DeploymentRequest['kind'],
  champion: Version | undefined,
): Verdict => {
  if (outcome.kind === 'completed')
    return { kind: 'deployed', ...(kind !== 'release' || champion === undefined ? {} : { replaced: champion }) };
  if (outcome.kind === 'refused') return outcome;
  const served = champion === undefined ? ' (nothing ran before: nothing serves)' : '';
  const restored = outcome.trafficRestored ? served : ' (the traffic could not be given back)';
  return { kind: 'rolled_back', reason: `${outcome.reason}${restored}` };
};
