import { patched } from '@temporalio/workflow';
import type { LookLimits } from '../../src/domain/rollout/decideNextStep.js';
import { afterLook, afterResume, NO_LOOKS, type LookTally } from '../../src/domain/rollout/lookTally.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';
import type { AnalysisSpec } from '../../src/domain/spec/types.js';

/** What a rollout remembers of its looks from step to step, and over a step that is gone through once more. */
export interface Looks {
  readonly limits: LookLimits;
  /** A step is begun; says what its looks have to know of those before. */
  begin(index: number): { readonly visit: number; readonly steps: number; readonly control?: StepAnalysis['control'] };
  /** Remembers a look, and says what those at its step found. */
  count(analysis: StepAnalysis): LookTally;
  resumed(index: number): void;
}

export const openLooks = (analysis: AnalysisSpec, steps: number): Looks => {
  const visits: Record<number, number> = {};
  const tallies: Record<number, LookTally> = {};
  let control: StepAnalysis['control'];
  const declared = [analysis.intervalMs, analysis.failureLimit, analysis.inconclusiveLimit, analysis.errorLimit];
  return {
    // Workers from before these limits would have gone another way.
    limits: declared.some((limit) => limit !== undefined) && patched('limits-of-looks') ? analysis : {},
    begin: (index) => {
      const visit = (visits[index] ?? 0) + 1;
      visits[index] = visit;
      return { visit, steps, ...(control === undefined ? {} : { control }) };
    },
    count: (look) => {
      control = look.control ?? control;
      return (tallies[look.step] = afterLook(tallies[look.step] ?? NO_LOOKS, look.verdict));
    },
    resumed: (index) => void (tallies[index] = afterResume(tallies[index] ?? NO_LOOKS)),
  };
};
