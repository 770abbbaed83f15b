import type { Version } from '../artifact/types.js';
import type { DeploymentRequest, EnvironmentState } from './types.js';

/** What taking a model out of an environment would do: everything that decides on it, and nothing that only time changes. */
export interface RetirementPlan {
  readonly model: string;
  readonly environment: string;
  /** Of the arbiter when it was planned: every passage raises it. */
  readonly epoch: number;
  /** What serves, and would not. */
  readonly from: Version;
  /** The passage under way: it has to end first, or is aborted by whoever wants both. */
  readonly underWay?: Pick<DeploymentRequest, 'kind' | 'version' | 'by'> & { readonly epoch: number };
  /** Releases that wait or are on their way here, and would be superseded. */
  readonly releases: readonly string[];
}

export type PlannedRetirement =
  | { readonly kind: 'planned'; readonly plan: RetirementPlan }
  | { readonly kind: 'refused'; readonly code: 'nothing_to_retire' | 'rollout_active'; readonly reason: string };

export const planRetirement = (state: EnvironmentState): PlannedRetirement => {
  const { model, environment, epoch, champion, active, announced, queue, retired } = state;
  if (champion === undefined && active !== undefined) {
    const first = `the first version of ${model} is on its way into ${environment} (epoch ${active.epoch})`;
    return { kind: 'refused', code: 'rollout_active', reason: `${first}: an abort takes it away` };
  }
  if (champion === undefined) {
    const since = retired === undefined ? '' : `: it was retired by ${retired.by}, ${retired.reason}`;
    return { kind: 'refused', code: 'nothing_to_retire', reason: `nothing of ${model} runs in ${environment}${since}` };
  }
  const waiting = queue.filter(({ kind }) => kind === 'release').map(({ version }) => version.releaseId);
  return {
    kind: 'planned',
    plan: {
      ...{ model, environment, epoch },
      from: champion,
      ...(active === undefined ? {} : { underWay: { ...sayRequest(active.request), epoch: active.epoch } }),
      releases: [...new Set([...announced.map(({ releaseId }) => releaseId), ...waiting])],
    },
  };
};

const sayRequest = ({ kind, version, by }: DeploymentRequest) => ({ kind, version, by });

/** What the digest of a plan is made over: the same act has the same one, whenever it is looked at. */
export const retirementAct = ({ model, environment, epoch, from }: RetirementPlan) => ({
  ...{ act: 'retire', model, environment, epoch },
  from: from.artifactDigest,
});
