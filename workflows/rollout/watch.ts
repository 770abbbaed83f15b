import { isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { JudgedStep } from '../../activities/stepQuestion.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';
import { watchAfter } from '../../src/domain/rollout/watch.js';
import { evidence } from '../retry.js';

/** One that fails is had again soon anyway: a target or a store that is away for a moment ends no rollout. */
const { watchStep } = proxyActivities<Activities>({
  ...evidence('serve'),
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** What is looked after while a step is held, or waits for a person. */
export interface Watch {
  /** Milliseconds until it is watched again, at most those that are left of a wait. */
  within(leftMs: number): number;
  /** Throws where the rollout must not go on. */
  look(): Promise<void>;
}

/**
 * Before this a phase without an interval was left alone until its hold was over, and any while it waited for a person. Asked
 * where it makes a difference only: a marker is paid for, and most waits are shorter.
 */
export const untilWatched = (takenMs: number, leftMs: number): number => {
  const after = watchAfter(takenMs);
  return after < leftMs && patched('watched-holds') ? after : leftMs;
};

/**
 * What shows a candidate at fault before the look at its step; undefined: nothing does, or it could not be watched, which is
 * no pass: the look decides.
 */
export const watched = async (
  judged: JudgedStep,
  readyWithinMs: number,
  share: string,
): Promise<StepAnalysis | undefined> => {
  try {
    const found = await watchStep.executeWithOptions({ summary: `watch at ${share}` }, [{ ...judged, readyWithinMs }]);
    return found.kind === 'failed' ? found.analysis : undefined;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return undefined;
  }
};
