import type { Version } from '../artifact/types.js';
import type { RolloutOutcome } from '../rollout/types.js';
import { forgetRelease } from './announceRelease.js';
import { remember } from './answer.js';
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

const MAX_HISTORY = 20;

/**
 * Ends the passage of `epoch`. Only one that completed changes the champion.
 *
 * @param now epoch milliseconds
 */
export const settle = (state: EnvironmentState, epoch: number, outcome: PassageOutcome, now: number): Settlement => {
  const { active, ...idle } = state;
  if (active === undefined || active.epoch !== epoch) return { kind: 'ignored', state };
  const { request } = active;
  const verdict = verdictOf(outcome, request.kind === 'release' ? state.champion : undefined);
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
  const history = [entry, ...state.history].slice(0, MAX_HISTORY);
  // Steps of a rollout are in the ledger; what is remembered for repeats stays small.
  const { rollout: _, ...small } = settled;
  return {
    kind: 'settled',
    state: remember({ ...crowned, history }, [small]),
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

const verdictOf = (outcome: PassageOutcome, replaced: Version | undefined): Verdict => {
  if (outcome.kind === 'completed') return { kind: 'deployed', ...(replaced === undefined ? {} : { replaced }) };
  if (outcome.kind === 'refused') return outcome;
  const restored = outcome.trafficRestored ? '' : ' (the traffic could not be given back)';
  return { kind: 'rolled_back', reason: `${outcome.reason}${restored}` };
};

const crown = (state: EnvironmentState, request: DeploymentRequest, order: number | undefined): EnvironmentState => {
  const { champion, championOrder: _order, previous: _previous, ...rest } = state;
  const previous = request.kind === 'release' ? champion : earlierThan(state, request.version);
  return {
    ...rest,
    champion: request.version,
    ...(order === undefined ? {} : { championOrder: order }),
    ...(previous === undefined ? {} : { previous }),
  };
};

/** A version that comes back has the order that it had when it was released. */
const orderOf = (state: EnvironmentState, request: DeploymentRequest): number | undefined =>
  request.kind === 'release' ? request.order : deployedAs(state, request.version)?.order;

/**
 * What a second rollback leads to: not the version just left, but the one that ran before the version that is back.
 */
const earlierThan = (state: EnvironmentState, version: Version): Version | undefined => {
  const origin = deployedAs(state, version);
  if (origin === undefined) return undefined;
  return state.history.find(
    (entry) =>
      entry.epoch < origin.epoch && isRelease(entry) && entry.version.artifactDigest !== version.artifactDigest,
  )?.version;
};

const deployedAs = (state: EnvironmentState, version: Version): DeploymentEntry | undefined =>
  state.history.find((entry) => isRelease(entry) && entry.version.artifactDigest === version.artifactDigest);

const isRelease = (entry: DeploymentEntry): boolean => entry.outcome === 'deployed' && entry.kind === 'release';
