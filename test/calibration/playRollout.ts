import { analyseStep } from '../../src/domain/rollout/analyseStep.js';
import { decideNextStep, firstLookAfter } from '../../src/domain/rollout/decideNextStep.js';
import type { References } from '../../src/domain/rollout/measureFeatures.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import type { RandomStream } from '../../src/domain/statistics/randomStream.js';
import type { SimulatedTarget } from './simulatedTarget.js';

export const MINUTE = 60_000;
export type Canary = Extract<RolloutSpec, { strategy: 'canary' }>;

/** Each step looked at every minute; small limits, so that noise alone is often beyond them. */
export const canaryOf = (
  looksPerStep: number,
  falseAborts: number,
  weights: readonly number[] = [10, 25, 50, 100],
): Canary => ({
  strategy: 'canary',
  steps: weights.map((weight) => ({
    ...{ weight, minRequests: 100 },
    holdMs: looksPerStep * MINUTE,
    deadlineMs: 20 * looksPerStep * MINUTE,
  })),
  analysis: {
    ...{ maxErrorRateIncrease: 0.005, maxLatencyRatio: 1.15, maxPredictionDistance: 0.05, maxFeatureDistance: 0.05 },
    ...{ falseAborts, intervalMs: MINUTE },
  },
});

/** Between two looks, a hundred to a thousand. */
export const requestsOf = (next: RandomStream): number => 100 + Math.floor(900 * next() ** 2);

/** One look, after what arrived since the one before, so many times as busy as usual. */
export const lookAt = (
  target: SimulatedTarget,
  next: RandomStream,
  known: References,
  look: {
    readonly plan: Canary;
    readonly index: number;
    readonly control?: StepAnalysis['control'];
    readonly times?: number;
  },
): StepAnalysis => {
  const { plan, index, control, times = 1 } = look;
  target.serve(times * requestsOf(next));
  return analyseStep({
    ...{ index, step: plan.steps[index]!, analysis: plan.analysis, steps: plan.steps.length },
    ...{ candidate: target.candidate(), champion: target.champion() },
    ...{ references: known, championReferences: known, sameInputs: true },
    ...(control === undefined ? {} : { control }),
  });
};

export interface Played {
  readonly kind: 'completed' | 'failed' | 'undecided';
  readonly reason: string;
  readonly step: number;
  readonly looks: number;
  readonly answered: number;
}

/** A whole rollout by the functions that decide, without an engine. */
export const playRollout = (target: SimulatedTarget, next: RandomStream, known: References, plan: Canary): Played => {
  let looks = 0;
  let control: StepAnalysis['control'];
  for (const [index, step] of plan.steps.entries()) {
    target.shift(step.weight);
    for (let elapsedMs = firstLookAfter(step, plan.analysis); ;) {
      const analysis = lookAt(target, next, known, { plan, index, ...(control === undefined ? {} : { control }) });
      looks += 1;
      control = analysis.control;
      const last = index === plan.steps.length - 1;
      const decided = decideNextStep({ step, analysis, elapsedMs, limits: plan.analysis, last });
      const told = { reason: analysis.reason, step: index, looks, answered: target.answered() };
      if (decided.kind === 'abort') return { kind: analysis.verdict === 'fail' ? 'failed' : 'undecided', ...told };
      if (decided.kind === 'complete') return { kind: 'completed', ...told };
      if (decided.kind === 'advance') break;
      if (decided.kind === 'hold') elapsedMs += decided.forMs;
    }
  }
  throw new Error('a plan without steps');
};
