import type { Digest } from '../artifact/types.js';
import type { EnvironmentSpec, MonitoringSpec, Spec } from '../spec/types.js';

/** The part of a spec that the story of a release needs; the whole spec is in the store under `specDigest`. */
export interface ReleasePlan {
  readonly specDigest: Digest;
  readonly environments: readonly EnvironmentSpec[];
  readonly monitoring?: MonitoringSpec;
  readonly owners: readonly string[];
  /** Longest time that the build's commands may take together, milliseconds. */
  readonly buildTimeoutMs: number;
}

export const planOf = (spec: Spec, specDigest: Digest): ReleasePlan => ({
  specDigest,
  environments: spec.environments,
  ...(spec.monitoring === undefined ? {} : { monitoring: spec.monitoring }),
  owners: spec.owners,
  buildTimeoutMs:
    (spec.install?.timeoutMs ?? 0) +
    spec.build.steps.reduce((sum, step) => sum + step.timeoutMs * (1 + (step.retries ?? 0)), 0),
});
