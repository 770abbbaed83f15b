import type { Version } from '../artifact/types.js';
import { answer } from './answer.js';
import type {
  AnnouncedRelease,
  DeploymentEntry,
  DeploymentRequest,
  EnvironmentState,
  Reply,
  Retired,
} from './types.js';

/** Kind of the ledger entry of a retirement that was carried out. */
export const RETIRED = 'deployment.retired';

/** The state in which nothing of the model runs here. What ran is what a rollback without a version brings back. */
export const uncrown = (state: EnvironmentState, entry: RetirementEntry): EnvironmentState => {
  const { champion: _champion, championOrder: _order, previous: _previous, baking: _baking, ...rest } = state;
  return { ...rest, previous: entry.version, retired: retiredBy(entry) };
};

type RetirementEntry = Pick<DeploymentEntry, 'epoch' | 'version' | 'by' | 'reason' | 'endedAt'>;

const retiredBy = ({ epoch, version, by, reason, endedAt }: RetirementEntry): Retired => ({
  ...{ epoch, version, by, reason },
  at: endedAt,
});

/** `retired by operator: the season is over`. */
export const sayRetired = ({ by, reason }: Pick<Retired, 'by' | 'reason'>): string => `retired by ${by}: ${reason}`;

export interface SentAway {
  readonly state: EnvironmentState;
  /** Releases that were on their way: they end, and a later one comes as always. */
  readonly superseded: readonly AnnouncedRelease[];
  /** What they hear took their place. */
  readonly by: string;
  readonly replies: readonly Reply[];
}

/** Name of what took the place of releases that were on their way when the model was retired. */
export const retirementName = (environment: string, { by, epoch }: Pick<Retired, 'by' | 'epoch'>): string =>
  `the retirement from ${environment} by ${by} (epoch ${epoch})`;

/**
 * What was on its way when the model left does not bring it back: releases are superseded, and repairs have nothing to
 * repair. A rollback that a person asked for meanwhile stays: that is a later word.
 */
export const sendAway = (state: EnvironmentState): SentAway => {
  const { retired, environment } = state;
  if (retired === undefined) return { state, superseded: [], by: '', replies: [] };
  const by = retirementName(environment, retired);
  const releases = state.queue.filter(({ kind }) => kind === 'release');
  const repairs = state.queue.filter(bringsBack);
  const superseded = answer(state, releases, { kind: 'superseded', by });
  const refused = answer(superseded.state, repairs, refusalOf(retired));
  const { newest: _, ...rest } = refused.state;
  return {
    state: { ...rest, announced: [] },
    superseded: state.announced,
    by,
    replies: [...superseded.replies, ...refused.replies],
  };
};

/** What nobody asked for who knew that the model was retired: repairs, and a release's way back. */
export const bringsBack = ({ kind, replyTo }: DeploymentRequest): boolean =>
  kind === 'remediation' || (kind === 'rollback' && replyTo !== undefined);

export const refusalOf = (retired: Retired) =>
  ({ kind: 'refused', code: 'withdrawn', reason: `nothing runs here: ${sayRetired(retired)}` }) as const;

/**
 * A release that began before the model was retired, and arrives after: nobody who knew of the retirement asked for it. That
 * it was past its point of no return only says that no newer commit takes its place. Undefined: it may come.
 */
export const refuseLate = (
  state: EnvironmentState,
  request: DeploymentRequest,
): { readonly state: EnvironmentState; readonly replies: readonly Reply[] } | undefined => {
  const { retired, environment, settled } = state;
  const { kind, since, requestId } = request;
  if (kind !== 'release' || retired === undefined || since === undefined || since > retired.at) return undefined;
  // What was answered is answered the same.
  if (settled.some((one) => one.requestId === requestId)) return undefined;
  return answer(state, [request], {
    kind: 'refused',
    code: 'model_retired',
    reason: `model_retired: ${sayBefore(environment, retired)}`,
  });
};

export const sayBefore = (environment: string, retired: Pick<Retired, 'by' | 'reason'>): string =>
  `the model was ${sayRetired(retired)}, and left ${environment}, after this release began; it comes back by whoever asks for it since`;

/** A request that takes the model away, as long as the arbiter stands where it was looked at. */
export const retirementRequest = (
  champion: Version,
  asked: { readonly requestId: string; readonly by: string; readonly reason: string },
  retires: NonNullable<DeploymentRequest['retires']>,
): DeploymentRequest => ({
  requestId: asked.requestId,
  kind: 'retirement',
  version: champion,
  rollout: { strategy: 'immediate' },
  order: 0,
  by: asked.by,
  reason: asked.reason,
  retires,
});
