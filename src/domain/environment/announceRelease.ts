import { answer } from './answer.js';
import type { DeploymentRequest, EnvironmentState, Reply } from './types.js';

export interface Announcement {
  readonly releaseId: string;
  readonly order: number;
}

export interface Announced {
  readonly state: EnvironmentState;
  /** Older releases that must give way to this one. */
  readonly supersede: readonly string[];
  /** Answers to older requests that were still in the queue: their releases wait for these, not for the word above. */
  readonly replies: readonly Reply[];
  /** A newer release is on its way: the announced one must give way. */
  readonly supersededBy?: Announcement;
}

/**
 * A release says that it will come here. Older releases give way, by position on the branch and not by time of
 * arrival; one whose rollout is under way is past the point of no return and finishes first. Two of the same
 * position (a rerun of a commit) do not disturb each other. Saying it twice changes nothing.
 */
export const announceRelease = (state: EnvironmentState, { releaseId, order }: Announcement): Announced => {
  if (state.announced.some((known) => known.releaseId === releaseId)) return { state, supersede: [], replies: [] };
  if (state.newest !== undefined && order < state.newest.order)
    return { state, supersede: [], replies: [], supersededBy: state.newest };
  const newest = { releaseId, order };
  const moving = state.active?.request.version.releaseId;
  const gone = state.announced.filter((known) => known.order < order && known.releaseId !== moving);
  const supersede = gone.map((known) => known.releaseId);
  const announced = [...state.announced.filter((known) => !gone.includes(known)), newest];
  const outdated = state.queue.filter((request) => request.kind === 'release' && request.order < order);
  return {
    ...answer({ ...state, announced, newest }, outdated, { kind: 'superseded', by: releaseId }),
    supersede,
  };
};

export interface Withdrawn {
  readonly state: EnvironmentState;
  readonly replies: readonly Reply[];
}

/**
 * A release has ended: it supersedes nobody any more, and a request of its that still waits is taken back.
 *
 * @param asked the request whose answer it waits for: what became of it is said at once where it is known. One that never
 *   arrived is refused, should it come late; one under way is answered when its passage ends.
 */
export const withdrawRelease = (state: EnvironmentState, releaseId: string, asked?: DeploymentRequest): Withdrawn => {
  const waiting = state.queue.filter(
    (request) => request.kind === 'release' && request.version.releaseId === releaseId,
  );
  const taken = answer(forgetRelease(state, releaseId), waiting, WITHDRAWN).state;
  if (asked === undefined || state.active?.request.requestId === asked.requestId) return { state: taken, replies: [] };
  const settled = taken.settled.find(({ requestId }) => requestId === asked.requestId);
  if (settled !== undefined) return { state: taken, replies: [{ request: asked, settled }] };
  return answer(taken, [asked], WITHDRAWN);
};

const WITHDRAWN = { kind: 'refused', code: 'withdrawn', reason: 'the release ended before its turn came' } as const;

/** The state without an announcement; the newest is the newest of those that remain. */
export const forgetRelease = (state: EnvironmentState, releaseId: string): EnvironmentState => {
  const announced = state.announced.filter((known) => known.releaseId !== releaseId);
  const newest = announced.reduce<Announcement | undefined>(
    (best, known) => (best === undefined || known.order >= best.order ? known : best),
    undefined,
  );
  const { newest: _, ...rest } = state;
  return { ...rest, announced, ...(newest === undefined ? {} : { newest }) };
};
