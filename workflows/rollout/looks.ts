import { patched } from '@temporalio/workflow';
import type { LookLimits } from '../../src/domain/rollout/decideNextStep.js';
import { afterLook, afterResume, NO_LOOKS, type LookTally } from '../../src/domain/rollout/lookTally.js';
import type { Phase } from '../../src/domain/rollout/phases.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';

/** What a rollout remembers of its looks from phase to phase, by position, and over one that is gone through once more. */
export interface Looks {
  limits(phase: Phase): LookLimits;
  isLast(position: number): boolean;
  /** A phase is begun; says what its looks have to know of those before. */
  begin(): {
    readonly steps: number;
    readonly control?: StepAnalysis['control'];
  };
  /** Remembers a look, and says what those at its phase found. */
  count(position: number, analysis: StepAnalysis): LookTally;
  resumed(position: number): void;
}

export const openLooks = (phases: readonly Phase[]): Looks => {
  const tallies: Record<number, LookTally> = {};
  let control: StepAnalysis['control'];
  const declared = phases.flatMap(({ analysis }) => [
    ...[analysis.intervalMs, analysis.failureLimit, analysis.inconclusiveLimit, analysis.errorLimit],
  ]);
  // Workers from before these limits would have gone another way.
  const isLimited = declared.some((limit) => limit !== undefined) && patched('limits-of-looks');
  return {
    limits: ({ analysis }) => (isLimited ? analysis : {}),
    isLast: (position) => position === phases.length - 1,
    begin: () => ({ steps: phases.length, ...(control === undefined ? {} : { control }) }),
    count: (position, look) => {
      control = look.control ?? control;
      return (tallies[position] = afterLook(tallies[position] ?? NO_LOOKS, look.verdict));
    },
    resumed: (position) => void (tallies[position] = afterResume(tallies[position] ?? NO_LOOKS)),
  };
};
