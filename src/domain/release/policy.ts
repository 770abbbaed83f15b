import type { GateSpec } from '../spec/gates.js';
import type { ApprovalSpec, EnvironmentSpec, RolloutSpec } from '../spec/types.js';

/** What an approval is bound to besides the evidence: were it laxer now, the approval would say something else. */
export interface ReleasePolicy {
  readonly environment: string;
  readonly approval: ApprovalSpec;
  readonly rollout: RolloutSpec;
  /** Every gate that had to pass before, and this environment's own, by name. */
  readonly gates: readonly GateSpec[];
}

/**
 * The policy under which a release enters an environment; its digest over canonical JSON is the `policyDigest` of
 * decisions. It names roles, not people: who has them is checked when a decision is used.
 *
 * @param environments in the order of the release
 * @returns undefined where there is no such environment
 */
export const policyFor = (
  environments: readonly EnvironmentSpec[],
  gates: readonly GateSpec[],
  name: string,
): ReleasePolicy | undefined => {
  const position = environments.findIndex((environment) => environment.name === name);
  const environment = environments[position];
  if (environment === undefined) return undefined;
  const asked = new Set(environments.slice(0, position + 1).flatMap((passed) => passed.gates));
  return {
    environment: name,
    approval: environment.approval,
    rollout: environment.rollout,
    gates: gates.filter((gate) => asked.has(gate.name)),
  };
};
