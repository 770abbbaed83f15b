import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { JudgedStep } from '../../activities/stepQuestion.js';
import type { StepAnalysis } from '../../src/domain/rollout/types.js';
import { evidence } from '../retry.js';

/** One that fails is had again soon anyway: a target or a store that is away for a moment ends no rollout. */
const { watchStep } = proxyActivities<Activities>({
  ...evidence('serve'),
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** What is looked after while a step is held, or waits for a person. */
export interface Watch {
  /** Milliseconds until it is watched again. */
  after(): number;
  /** Throws where the rollout must not go on. */
  look(): Promise<void>;
}

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
