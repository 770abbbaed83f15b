import type { Version } from '../artifact/types.js';
import type { RolloutOutcome } from '../rollout/types.js';
import { forgetDeployed } from './announceRelease.js';
import { remember } from './answer.js';
import { enqueue } from './enqueue.js';
import { forgetHeld, holdRequest } from './holdRequest.js';
import { crown, orderOf, remembering } from './crown.js';
import { uncrown } from './retire.js';
import type {
  DeploymentEntry,
  DeploymentRequest,
  DeploymentSettled,
  EmptyPointer,
  EnvironmentState,
  Pointer,
  Reply,
} from './types.js';

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
      readonly pointer?: Pointer | EmptyPointer;
    }
  /** Nothing changed: the request waits again, or gave way to a newer one. */
  | {
      readonly kind: 'held';
      readonly state: EnvironmentState;
      readonly request: DeploymentRequest;
      readonly replies: readonly Reply[];
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
  if (outcome.kind === 'held' && request.kind === 'release') {
    const { state: queued, replies } = enqueue(idle, request);
    const { holds: inForce, changesAt } = outcome;
    const seen = { inForce, ...(changesAt === undefined ? {} : { changesAt }) };
    return { kind: 'held', state: forgetHeld(holdRequest(queued, request, seen, now)), request, replies };
  }
  const verdict = verdictOf(withoutHold(outcome), request, state.champion);
  const settled: DeploymentSettled = {
    requestId: request.requestId,
    environment: state.environment,
    epoch,
    outcome: verdict,
    ...(outcome.kind === 'refused' || outcome.kind === 'held' ? {} : { rollout: outcome }),
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
  const ended = request.kind === 'release' ? forgetDeployed(idle, request.version.releaseId) : idle;
  const crowned =
    verdict.kind === 'deployed'
      ? crown(ended, request, order)
      : verdict.kind === 'retired'
        ? uncrown(ended, entry)
        : ended;
  // Steps of a rollout are in the ledger; what is remembered for repeats stays small.
  const { rollout: _, ...small } = settled;
  return {
    kind: 'settled',
    state: remember(remembering(crowned, entry), [small]),
    request,
    settled,
    entry,
    ...(verdict.kind === 'deployed' ? { pointer: pointerOf(state, epoch, request, now) } : {}),
    ...(verdict.kind === 'retired' ? { pointer: emptyPointer(state, epoch, now) } : {}),
  };
};

/** What repairs does not wait: one that is no way back, because the version never ran here, is refused. */
const withoutHold = (outcome: PassageOutcome): Exclude<PassageOutcome, { kind: 'held' }> =>
  outcome.kind === 'held' ? { kind: 'refused', code: 'environment_held', reason: outcome.reason } : outcome;

const pointerOf = (state: EnvironmentState, epoch: number, { version }: DeploymentRequest, at: number): Pointer => ({
  model: state.model,
  environment: state.environment,
  epoch,
  artifactDigest: version.artifactDigest,
  releaseId: version.releaseId,
  at,
});

const emptyPointer = ({ model, environment }: EnvironmentState, epoch: number, at: number): EmptyPointer => ({
  ...{ model, environment, epoch, at },
  retired: true,
});

type Verdict = Extract<DeploymentSettled['outcome'], { kind: DeploymentEntry['outcome'] }>;

const verdictOf = (
  outcome: Exclude<PassageOutcome, { kind: 'held' }>,
  { kind, by, reason, retires }: DeploymentRequest,
  champion: Version | undefined,
): Verdict => {
  if (outcome.kind === 'completed' && retires !== undefined) return { kind: 'retired', by, reason };
  if (outcome.kind === 'completed')
    return { kind: 'deployed', ...(kind !== 'release' || champion === undefined ? {} : { replaced: champion }) };
  if (outcome.kind === 'refused') return outcome;
  const served = champion === undefined ? ' (nothing ran before: nothing serves)' : '';
  const restored = outcome.trafficRestored ? served : ' (the traffic could not be given back)';
  return { kind: 'rolled_back', reason: `${outcome.reason}${restored}` };
};
