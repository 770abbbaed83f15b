import type { AnalysisSpec } from '../spec/types.js';

/** Of a hundred sound candidates one may be sent back, where a spec does not say. */
export const FALSE_ABORTS = 0.01;

/** How one measurement of one step is judged, at each look the same. */
export interface LookRule {
  /** Chance that any look at a sound candidate finds it beyond its limit. */
  readonly alpha: number;
  /** Share of the requests that the candidate gets, between 0 and 1. */
  readonly share: number;
  /** Requests of the candidate at which bounds are to be narrowest: the first look that may pass. */
  readonly tightAt: number;
}

export interface Split {
  readonly steps: number;
  readonly measurements: number;
  /** The how-manieth time the step is gone through, from 1: after a hold it is gone through anew, on new counts. */
  readonly visit: number;
}

/** Errors, latency, predictions, each feature, and what labels say where a spec has them compared. */
export const measurementsOf = ({ quality }: Pick<AnalysisSpec, 'quality'>, features: number): number =>
  3 + features + (quality === undefined ? 0 : 1);

/**
 * Chance that one measurement of one step may spend: the budget of the rollout in equal parts, and of a step's part a
 * half the first time, a sixth the second, a twelfth the third …, which together are never more than the whole.
 */
export const alphaOf = ({ falseAborts = FALSE_ABORTS }: Pick<AnalysisSpec, 'falseAborts'>, split: Split): number => {
  const { steps, measurements, visit } = split;
  return falseAborts / (Math.max(1, steps) * Math.max(1, measurements) * visit * (visit + 1));
};
