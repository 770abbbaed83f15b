import type { RolloutSpec } from '../spec/types.js';
import { phasesOf, type Phase } from './phases.js';
import { rolesOfWord } from './stepWord.js';

/** How a rollout would go, in one line for whoever decides on it. */
export const describeRollout = (rollout: RolloutSpec): string => {
  if (rollout.strategy === 'immediate') return 'Rollout: immediate, 100 % of the traffic at once.';
  const phases = phasesOf(rollout).map(sayPhase).join(', then ');
  const back = rollout.strategy === 'canary' ? 'a step is not passed' : 'that is not passed';
  return `Rollout: ${sayStrategy(rollout.strategy)}, ${phases}; all traffic goes back where ${back}.`;
};

/** The strategy as people call it. */
export const sayStrategy = (strategy: RolloutSpec['strategy']): string =>
  strategy === 'blueGreen' ? 'blue/green' : strategy;

const sayPhase = ({ kind, step, copies }: Phase): string => {
  const lasts = `for ${lasting(step.holdMs)} and ${step.minRequests} requests`;
  if (kind === 'shadow') return `a shadow with copies of ${copies ?? 0} % ${lasts}`;
  if (kind === 'switch') return `100 % in one switch, what ran before kept ${lasts}`;
  const word = step.approve === undefined ? '' : ` and the word of ${rolesOfWord(step.approve).join(' or ')}`;
  return `${step.weight} % ${lasts}${word}`;
};

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
