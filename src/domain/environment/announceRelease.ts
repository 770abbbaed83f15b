import { answer } from './answer.js';
import { lineOf } from './placesInLine.js';
import type { AnnouncedRelease, DeploymentRequest, EnvironmentState, Reply } from './types.js';

export interface Announcement {
  readonly releaseId: string;
  readonly order: number;
  /** Absent: older ones give way. */
  readonly whenBusy?: 'queue' | 'reject';
  /** Of a hotfix: the usual release of the same commit, whose place it takes. */
  readonly insteadOf?: string;
  /** In line it wants to hear whom it waits for. */
  readonly listens?: true;
}

export interface Announced {
  readonly state: EnvironmentState;
  /** Older releases that must give way to this one. */
  readonly supersede: readonly string[];
  /** Answers to older requests that were still in the queue: their releases wait for these, not for the word above. */
  readonly replies: readonly Reply[];
  /** A newer release is on its way: the announced one must give way. */
  readonly supersededBy?: Announcement;
  /** It asked for its turn: what it is told; absent where it waits, or has not asked. */
  readonly turn?: { readonly refusedFor?: string };
}

/**
 * A release says that it will come here. Older releases give way, by position on the branch and not by time of
 * arrival; one whose rollout is under way is past the point of no return and finishes first. Two of the same
 * position (a rerun of a commit) do not disturb each other, but a hotfix takes the place of the usual release of its commit:
 * who wants it quickly would else be asked twice, by two rules. Saying it twice changes nothing.
 */
export const announceRelease = (
  state: EnvironmentState,
  { releaseId, order, whenBusy, insteadOf, listens }: Announcement,
): Announced => {
  const known = state.announced.find((one) => one.releaseId === releaseId);
  const none = { state, supersede: [], replies: [] };
  // Whose turn it was asks again after it was resumed.
  if (known !== undefined) return whenBusy === undefined || known.line === 'waits' ? none : { ...none, turn: {} };
  const [other] = state.announced;
  if (whenBusy === 'reject' && other !== undefined) return { ...none, turn: { refusedFor: other.releaseId } };
  if (state.newest !== undefined && order < state.newest.order)
    return { state, supersede: [], replies: [], supersededBy: state.newest };
  const hotfix = state.announced.find((one) => one.insteadOf === releaseId);
  if (hotfix !== undefined) return { ...none, supersededBy: hotfix };
  const place = { releaseId, order, ...(insteadOf === undefined ? {} : { insteadOf }) };
  if (whenBusy === 'queue') {
    const waits = { ...place, line: 'waits' as const, ...(listens === undefined ? {} : { listens }) };
    return { ...none, state: { ...state, announced: [...state.announced, waits] } };
  }
  const newest = { releaseId, order };
  const moving = state.active?.request.version.releaseId;
  const givesWay = (one: AnnouncedRelease): boolean => one.order < order || one.releaseId === insteadOf;
  const gone = state.announced.filter((known) => givesWay(known) && known.releaseId !== moving);
  const supersede = gone.map((known) => known.releaseId);
  const announced = [...state.announced.filter((known) => !gone.includes(known)), place];
  const outdated = state.queue.filter(
    ({ kind, order: of, version }) => kind === 'release' && givesWay({ releaseId: version.releaseId, order: of }),
  );
  return {
    ...answer({ ...state, announced, newest }, outdated, { kind: 'superseded', by: releaseId }),
    supersede,
    ...(whenBusy === undefined ? {} : { turn: {} }),
  };
};

/** Whose turn it is now, of those in line: the oldest by position on the branch, once nobody else is on their way. */
export const nextTurn = (
  state: EnvironmentState,
): { readonly state: EnvironmentState; readonly release: AnnouncedRelease } | undefined => {
  if (state.announced.some(({ line }) => line !== 'waits')) return undefined;
  const [first] = lineOf(state);
  if (first === undefined) return undefined;
  const announced = state.announced.map((one) => (one === first ? { ...one, line: 'turn' as const } : one));
  return { state: withNewest({ ...state, announced }), release: first };
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
export const forgetRelease = (state: EnvironmentState, releaseId: string): EnvironmentState =>
  withNewest({ ...state, announced: state.announced.filter((known) => known.releaseId !== releaseId) });

/** Its turn is over when the release has ended, and not when it is deployed: what follows it would disturb its gates. */
export const forgetDeployed = (state: EnvironmentState, releaseId: string): EnvironmentState =>
  state.announced.some((known) => known.releaseId === releaseId && known.line === 'turn')
    ? state
    : forgetRelease(state, releaseId);

/** Who waits in line supersedes nobody. */
const withNewest = ({ newest: _, ...state }: EnvironmentState): EnvironmentState => {
  const newest = state.announced.reduce<AnnouncedRelease | undefined>((best, known) => {
    if (known.line === 'waits') return best;
    return best === undefined || known.order >= best.order ? known : best;
  }, undefined);
  return newest === undefined ? state : { ...state, newest: { releaseId: newest.releaseId, order: newest.order } };
};
