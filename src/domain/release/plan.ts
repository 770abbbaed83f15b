import type { Digest } from '../artifact/types.js';
import type { EnvironmentSpec, MonitoringSpec, ReleasesSpec, Spec, WhenBusy } from '../spec/types.js';

/** The part of a spec that the story of a release needs; the whole spec is in the store under `specDigest`. */
export interface ReleasePlan {
  readonly specDigest: Digest;
  readonly environments: readonly EnvironmentSpec[];
  readonly monitoring?: MonitoringSpec;
  readonly owners: readonly string[];
  /** Longest time that the build's commands may take together, milliseconds. */
  readonly buildTimeoutMs: number;
  /** Absent: it takes the place of older releases. */
  readonly whenBusy?: Exclude<WhenBusy, 'coalesce'>;
  /** The last environment must have given it its turn, or said that it may go on, within this time; plans from before do not say. */
  readonly turnWithinMs?: number;
  /** `approval: automatic` is a stage of its own; plans from before it was do not say. */
  readonly judgesAutomatic?: true;
}

/** Whether a release may go on at all is said at once: an environment that says nothing for so long is broken. */
const WORD_WITHIN_MS = 86_400_000;

export const planOf = (spec: Spec, specDigest: Digest): ReleasePlan => ({
  specDigest,
  environments: spec.environments,
  judgesAutomatic: true,
  ...(spec.monitoring === undefined ? {} : { monitoring: spec.monitoring }),
  ...turnOf(spec.releases),
  owners: spec.owners,
  buildTimeoutMs:
    (spec.install?.timeoutMs ?? 0) +
    spec.build.steps.reduce((sum, step) => sum + step.timeoutMs * (1 + (step.retries ?? 0)), 0),
});

const turnOf = (releases: ReleasesSpec | undefined): Pick<ReleasePlan, 'whenBusy' | 'turnWithinMs'> => {
  if (releases === undefined || releases.whenBusy === 'coalesce') return {};
  const { whenBusy, expireAfterMs } = releases;
  if (whenBusy === 'reject') return { whenBusy, turnWithinMs: WORD_WITHIN_MS };
  return { whenBusy, ...(expireAfterMs === undefined ? {} : { turnWithinMs: expireAfterMs }) };
};
