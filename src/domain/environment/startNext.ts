import { canFollow } from '../rollout/acceptEpoch.js';
import { answer } from './answer.js';
import { bringsBack, refusalOf } from './retire.js';
import { sayExpired } from './retirementWord.js';
import type { DeploymentRequest, DeploymentSettled, EnvironmentState, Reply } from './types.js';

export interface Started {
  readonly state: EnvironmentState;
  /** The passage to begin; also `state.active`. */
  readonly start?: NonNullable<EnvironmentState['active']>;
  /** To requests for what runs already: there is no passage to make. */
  readonly replies: readonly Reply[];
}

/**
 * Begins the next passage, if none is under way: raises the epoch, so that everything of earlier passages is fenced
 * out. A request for the version that is champion is answered without one.
 *
 * @param now epoch milliseconds
 * @param held something keeps releases out: what repairs may begin all the same
 */
export const startNext = (state: EnvironmentState, now: number, held = false): Started => {
  const [request, ...queue] = state.queue;
  if (state.active !== undefined || request === undefined) return { state, replies: [] };
  if (request.retires !== undefined && !isAsLookedAt(state, request, request.retires))
    return answerAndGoOn(state, request, OVERTAKEN, now, held);
  if (request.retires?.until !== undefined && now > request.retires.until)
    return answerAndGoOn(state, request, expired(request.by, request.retires.until), now, held);
  if (state.retired !== undefined && bringsBack(request))
    return answerAndGoOn(state, request, refusalOf(state.retired), now, held);
  const runs = request.version.artifactDigest === state.champion?.artifactDigest;
  if (runs && request.restore === undefined && request.retires === undefined) return skip(state, request, now, held);
  if (request.onlyFrom !== undefined && request.onlyFrom !== state.champion?.artifactDigest)
    return refuse(state, request, now, held);
  if (held && request.kind === 'release') return { state, replies: [] };
  const start = { epoch: epochAfter(state, request), request, startedAt: now };
  return { state: { ...state, epoch: start.epoch, queue, active: start }, start, replies: [] };
};

/** The word in the ledger is for the one passage that follows: another one that came first used it up. */
const isAsLookedAt = (
  { epoch, champion }: EnvironmentState,
  { version }: DeploymentRequest,
  retires: NonNullable<DeploymentRequest['retires']>,
): boolean => epoch === retires.epoch && champion?.artifactDigest === version.artifactDigest;

const OVERTAKEN = {
  kind: 'refused',
  code: 'plan_changed',
  reason: 'another passage came before the retirement',
} as const;

const expired = (by: string, until: number) =>
  ({ kind: 'refused', code: 'retirement_expired', reason: sayExpired({ by, until }) }) as const;

/** Above what a target was told by somebody else, as far as that is within reach of honest epochs. */
const epochAfter = ({ epoch }: EnvironmentState, { restore }: DeploymentRequest): number => {
  const above = restore?.above ?? 0;
  return (canFollow(above, epoch) ? Math.max(epoch, above) : epoch) + 1;
};

const skip = (state: EnvironmentState, request: DeploymentRequest, now: number, held: boolean): Started => {
  const outcome =
    request.kind === 'rollback'
      ? ({ kind: 'refused', code: 'nothing_to_roll_back', reason: 'this version runs already' } as const)
      : ({ kind: 'deployed' } as const);
  return answerAndGoOn(state, request, outcome, now, held);
};

/** What was to go back has gone already, and what runs now nobody complained of. */
const refuse = (state: EnvironmentState, request: DeploymentRequest, now: number, held: boolean): Started => {
  const outcome = { kind: 'refused', code: 'withdrawn', reason: 'another version has taken its place' } as const;
  return answerAndGoOn(state, request, outcome, now, held);
};

const answerAndGoOn = (
  state: EnvironmentState,
  request: DeploymentRequest,
  outcome: DeploymentSettled['outcome'],
  now: number,
  held: boolean,
): Started => {
  const answered = answer(state, [request], outcome);
  const next = startNext(answered.state, now, held);
  return { ...next, replies: [...answered.replies, ...next.replies] };
};
