import { answer } from './answer.js';
import type { DeploymentKind, DeploymentRequest, EnvironmentState, Reply } from './types.js';

export interface Enqueued {
  readonly state: EnvironmentState;
  /** To the request itself, where it is settled already, and to older ones that it supersedes. */
  readonly replies: readonly Reply[];
  /** The passage under way must give way: its rollout is to be aborted, and compensates first. */
  readonly abort?: { readonly epoch: number; readonly reason: string };
}

const MAX_QUEUE = 100;
/** What repairs goes before what is new; within one rank, first come first served. */
const RANK: Readonly<Record<DeploymentKind, number>> = { rollback: 0, retirement: 0, remediation: 1, release: 2 };

/**
 * A request to change what runs. Repeats are answered like the first one, or ignored while that one waits. A release
 * that is older than one on its way or deployed is superseded at once; a newer one supersedes those that still wait.
 * Rollbacks and remediations go to the front and ask a release's rollout under way to abort; a retirement ends nobody's
 * rollout.
 */
export const enqueue = (state: EnvironmentState, request: DeploymentRequest): Enqueued => {
  const known = state.settled.find((settled) => settled.requestId === request.requestId);
  if (known !== undefined) return { state, replies: [{ request, settled: known }] };
  if (state.active?.request.requestId === request.requestId) return { state, replies: [] };
  if (state.queue.some((waiting) => waiting.requestId === request.requestId)) return { state, replies: [] };

  const newer = request.kind === 'release' ? newerThan(state, request) : undefined;
  if (newer !== undefined) return answer(state, [request], { kind: 'superseded', by: newer });
  if (state.queue.length >= MAX_QUEUE) {
    return answer(state, [request], {
      kind: 'refused',
      code: 'queue_full',
      reason: `${MAX_QUEUE} requests wait already`,
    });
  }
  const { state: cleared, replies } = supersedeOlder(state, request);
  const abort = abortFor(state, request);
  return {
    state: { ...cleared, queue: insert(cleared.queue, request) },
    replies,
    ...(abort === undefined ? {} : { abort }),
  };
};

/**
 * `release/<model>/<commit>.<n>`: a retrain or rerun was started on purpose for a commit whatever runs now, so that
 * what is deployed does not make it outdated; a newer commit on its way does.
 */
const isRerun = (request: DeploymentRequest): boolean => /\.[^/]+$/.test(request.version.releaseId);

const newerThan = (state: EnvironmentState, request: DeploymentRequest): string | undefined => {
  if (state.newest !== undefined && state.newest.order > request.order) return state.newest.releaseId;
  const waiting = [...(state.active === undefined ? [] : [state.active.request]), ...state.queue];
  const ahead = waiting.find((other) => other.kind === 'release' && other.order > request.order);
  if (ahead !== undefined) return ahead.version.releaseId;
  if (isRerun(request) || state.champion === undefined) return undefined;
  return (state.championOrder ?? 0) > request.order ? state.champion.releaseId : undefined;
};

const supersedeOlder = (state: EnvironmentState, request: DeploymentRequest): ReturnType<typeof answer> => {
  if (request.kind !== 'release') return { state, replies: [] };
  const older = state.queue.filter((waiting) => waiting.kind === 'release' && waiting.order < request.order);
  return answer(state, older, { kind: 'superseded', by: request.version.releaseId });
};

const insert = (queue: readonly DeploymentRequest[], request: DeploymentRequest): readonly DeploymentRequest[] => {
  const after = queue.findIndex((waiting) => RANK[waiting.kind] > RANK[request.kind]);
  return after < 0 ? [...queue, request] : [...queue.slice(0, after), request, ...queue.slice(after)];
};

const abortFor = ({ active }: EnvironmentState, request: DeploymentRequest): Enqueued['abort'] =>
  active?.request.kind === 'release' && request.kind !== 'release' && request.kind !== 'retirement'
    ? { epoch: active.epoch, reason: `a ${request.kind} goes first: ${request.reason}` }
    : undefined;
