import { condition, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { renderRollout } from '../../src/domain/rollout/renderRollout.js';
import type { RolloutView, StepAnalysis } from '../../src/domain/rollout/types.js';
import {
  abortSignal,
  pauseSignal,
  promoteSignal,
  resumeSignal,
  rolloutStateQuery,
  type RolloutInput,
} from '../messages.js';

export class RolloutAborted extends Error {}

/** What people and other workflows can tell a rollout, and what they see of it. */
export interface Controls {
  show(status: RolloutView['status'], step?: number, weight?: number): void;
  looked(analysis: StepAnalysis): void;
  steps(): readonly StepAnalysis[];
  /** Somebody ended the waiting: the rest of the steps is not held. */
  promoted(): boolean;
  /** Throws where somebody aborted. */
  assertGoing(): void;
  /** Waits that long, longer while paused, shorter when promoted; throws when aborted. */
  hold(ms: number, summary: string): Promise<void>;
}

export const openControls = (input: RolloutInput): Controls => {
  let view: RolloutView = {
    model: input.model,
    environment: input.environment,
    epoch: input.epoch,
    status: 'deploying',
    step: 0,
    weight: 0,
    steps: [],
  };
  let aborted: string | undefined;
  let paused = false;
  let promoted = false;
  const change = (next: Partial<RolloutView>): void => {
    view = { ...view, ...next };
    setCurrentDetails(renderRollout(view));
  };

  setHandler(rolloutStateQuery, () => view, { description: 'Step, weight and analyses of this rollout' });
  setHandler(pauseSignal, () => void (paused = true), { description: 'Stay on this step until resumed' });
  setHandler(resumeSignal, () => void (paused = false), { description: 'Go on after a pause' });
  setHandler(promoteSignal, () => void (promoted = true), {
    description: 'Do not hold the remaining steps; they are still analysed',
  });
  setHandler(abortSignal, ({ by, reason }) => void (aborted ??= `aborted by ${by}: ${reason}`), {
    description: 'Put all traffic back to the champion',
  });

  const assertGoing = (): void => {
    if (aborted !== undefined) throw new RolloutAborted(aborted);
  };
  return {
    show: (status, step = view.step, weight = view.weight) => change({ status, step, weight }),
    looked: (analysis) => change({ steps: [...view.steps, analysis] }),
    steps: () => view.steps,
    promoted: () => promoted,
    assertGoing,
    hold: async (ms, summary) => {
      for (;;) {
        assertGoing();
        if (paused) {
          const { status } = view;
          change({ status: 'paused' });
          await condition(() => !paused || aborted !== undefined);
          change({ status });
          continue;
        }
        if (promoted) return;
        // After a pause the step is held anew: what happened meanwhile does not count as held.
        const interrupted = await condition(() => aborted !== undefined || promoted || paused, ms, { summary });
        if (!interrupted) return;
      }
    },
  };
};
