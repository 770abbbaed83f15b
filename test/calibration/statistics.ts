import type { RolloutOutcome, StepAnalysis } from '../../src/domain/rollout/types.js';

/** One rollout that has ended, with every look at it. */
export interface CountedRollout {
  readonly outcome: RolloutOutcome;
  readonly looks: readonly StepAnalysis[];
  /** Requests that the candidate has answered. */
  readonly answered: number;
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? NaN;

const tallied = (words: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word} ${count}`).join(', ');
};

/** What rollouts came to, how often they were looked at, and after how many requests those that went back did. */
export const renderStatistics = (rollouts: readonly CountedRollout[]): readonly string[] => {
  const back = rollouts.filter(({ outcome }) => outcome.kind === 'aborted');
  const caughtAt = back.map(({ answered }) => answered);
  const looks = rollouts.flatMap((one) => one.looks);
  return [
    `rollouts   ${rollouts.length}: ${tallied(rollouts.map(({ outcome }) => outcome.kind))}`,
    `looks      ${looks.length}: ${tallied(looks.map(({ verdict }) => verdict))}`,
    `each       ${(looks.length / rollouts.length).toFixed(1)} looks, ${quantile(
      rollouts.map(({ answered }) => answered),
      0.5,
    )} requests of the candidate (median)`,
    ...(back.length === 0
      ? []
      : [
          `sent back  after ${quantile(caughtAt, 0.5)} requests (median; 90 %: ${quantile(caughtAt, 0.9)}, most: ${quantile(caughtAt, 1)})`,
          ...back.slice(0, 3).map(({ outcome }) => `because    ${'reason' in outcome ? outcome.reason : ''}`),
        ]),
  ];
};

/** The same of rollouts that say themselves what they found at each step last. */
export const renderOutcomes = (outcomes: readonly RolloutOutcome[]): readonly string[] =>
  outcomes.map((outcome, at) => {
    const steps = outcome.steps.map(({ weight, requests, verdict }) => `${weight} % ${verdict} at ${requests}`);
    return `rollout ${at + 1}  ${outcome.kind}: ${steps.join(', ')}${'reason' in outcome ? `; ${outcome.reason}` : ''}`;
  });
