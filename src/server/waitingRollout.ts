import type { Digest } from '../domain/artifact/types.js';
import type { ReleaseView } from '../domain/release/types.js';
import type { RolloutSpec, Spec } from '../domain/spec/types.js';
import { digestOf } from '../contract/canonicalDigest.js';
import type { ServerPorts } from './ports.js';
import { storedJson } from './storedJson.js';

/**
 * How what waits for a decision would come in: from the spec that the evidence names, and only where it is the plan
 * that a decision would be bound to.
 */
export const waitingRollout = async (
  ports: ServerPorts,
  { waiting }: ReleaseView,
): Promise<RolloutSpec | undefined> => {
  if (waiting === undefined) return undefined;
  const { evidenceDigest, planDigest } = waiting.subject;
  const evidence = await storedJson<{ readonly specDigest: Digest }>(ports, evidenceDigest);
  const spec = evidence === undefined ? undefined : await storedJson<Spec>(ports, evidence.specDigest);
  const rollout = spec?.environments.find(({ name }) => name === waiting.environment)?.rollout;
  return rollout !== undefined && digestOf(rollout) === planDigest ? rollout : undefined;
};
