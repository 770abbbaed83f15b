import type { Digest, Version } from '../artifact/types.js';
import type { DeploymentEntry, DeploymentRequest, EnvironmentState, Retired } from './types.js';

/** A deployment that a rollback takes back. */
export type UndoneDeployment = Pick<DeploymentEntry, 'epoch' | 'kind' | 'version' | 'by' | 'reason' | 'order'> & {
  /** When it served, epoch milliseconds. */
  readonly at: number;
};

/** What a rollback would do: everything that decides on it, and nothing that only time changes. */
export interface RollbackPlan {
  readonly model: string;
  readonly environment: string;
  /** Of the arbiter when it was planned: every passage raises it. */
  readonly epoch: number;
  /** What serves now; absent: nothing does. */
  readonly from?: Version;
  /** Why nothing does: somebody took the model out of here. */
  readonly retired?: Pick<Retired, 'by' | 'reason' | 'at'>;
  readonly to: Version;
  /** Deployed since `to` served last, the newest first. */
  readonly undone: readonly UndoneDeployment[];
  /** When `to` came in last; absent: nothing remembers that it ever served here. */
  readonly lastServed?: { readonly from: number; readonly until: number };
  /** The passage under way, which gives way. */
  readonly aborts?: Pick<DeploymentRequest, 'kind' | 'version' | 'by'> & { readonly epoch: number };
  /** Rollbacks and repairs that are asked for already, and come first. */
  readonly behind: readonly Pick<DeploymentRequest, 'kind' | 'version' | 'by'>[];
}

/**
 * What putting `to` back undoes. Only a release's rollout gives way to a rollback; another rollback or a remediation under
 * way ends first.
 *
 * @param deployments everything that is remembered of the place, in the order in which it ended
 */
export const planRollback = (
  state: EnvironmentState,
  deployments: readonly DeploymentEntry[],
  to: Version,
): RollbackPlan => {
  const { model, environment, epoch, champion, active, queue, retired } = state;
  const served = deployments.filter(({ outcome }) => outcome === 'deployed');
  const last = served.findLastIndex(({ version }) => version.artifactDigest === to.artifactDigest);
  // What never served here follows nothing: only what serves now is taken back.
  const since = served.slice(last < 0 ? -1 : last + 1);
  const lastOne = served[last];
  // Its place was taken, or the model was retired.
  const next = lastOne && deployments.slice(deployments.indexOf(lastOne) + 1).find(endsService);
  return {
    ...{ model, environment, epoch, to },
    ...(champion === undefined ? {} : { from: champion }),
    ...(retired === undefined || champion !== undefined ? {} : { retired: sayRetirement(retired) }),
    undone: since
      .map(({ epoch: of, kind, version, by, reason, order, endedAt }) => ({
        ...{ epoch: of, kind, version, by, reason, at: endedAt },
        ...(order === undefined ? {} : { order }),
      }))
      .reverse(),
    ...(lastOne === undefined || next === undefined
      ? {}
      : { lastServed: { from: lastOne.endedAt, until: next.endedAt } }),
    ...(active?.request.kind === 'release' ? { aborts: { epoch: active.epoch, ...sayRequest(active.request) } } : {}),
    behind: [...(active === undefined ? [] : [active.request]), ...queue]
      .filter(({ kind }) => kind !== 'release')
      .map(sayRequest),
  };
};

const endsService = ({ outcome }: DeploymentEntry): boolean => outcome === 'deployed' || outcome === 'retired';

const sayRetirement = ({ by, reason, at }: Retired) => ({ by, reason, at });

const sayRequest = ({ kind, version, by }: DeploymentRequest) => ({ kind, version, by });

/** What the digest of a plan is made over: the same act has the same one, whenever it is looked at. */
export const rollbackAct = ({ model, environment, epoch, from, to, aborts }: RollbackPlan) => ({
  ...{ model, environment, epoch },
  from: from?.artifactDigest ?? null,
  to: to.artifactDigest,
  aborts: aborts?.epoch ?? null,
});

/** What the arbiter holds against its own state when the rollback reaches it. */
export interface RollbackExpected {
  readonly epoch: number;
  readonly champion?: Digest;
}

/** Is the arbiter still where the rollback was planned? */
export const isAsPlanned = ({ epoch, champion }: EnvironmentState, expected: RollbackExpected): boolean =>
  epoch === expected.epoch && champion?.artifactDigest === expected.champion;
