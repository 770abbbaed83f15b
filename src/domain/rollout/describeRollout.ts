import type { RolloutSpec } from '../spec/types.js';

/** How a rollout would go, in one line for whoever decides on it. */
export const describeRollout = (rollout: RolloutSpec): string =>
  rollout.strategy === 'immediate'
    ? 'Rollout: immediate, 100 % of the traffic at once.'
    : `Rollout: canary, ${rollout.steps
        .map(({ weight, holdMs, minRequests }) => `${weight} % for ${lasting(holdMs)} and ${minRequests} requests`)
        .join(', then ')}; all traffic goes back where a step is not passed.`;

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** As slipway.yaml has it: `10m`, `2s`. */
const lasting = (ms: number): string => {
  const [unit, size] = UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
};
