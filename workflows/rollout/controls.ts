import {
  CancellationScope,
  condition,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { renderRollout } from '../../src/domain/rollout/renderRollout.js';
import type { RolloutView, StepAnalysis } from '../../src/domain/rollout/types.js';
import {
  abortSignal,
  lookSignal,
  pauseSignal,
  promoteSignal,
  resumeSignal,
  rolloutStateQuery,
  type RolloutInput,
} from '../messages.js';
import { textOf } from '../received.js';

export class RolloutAborted extends Error {}

/** Rollouts from before this looked for an abort between the steps of a canary only. */
const ABORTS_AT_ONCE = 'aborts-at-once';

/** Changes without a word are rare; a message that was lost must not hold a rollout for ever. */
const LOOK_EVERY_MS = 3_600_000;

/** What people and other workflows can tell a rollout, and what they see of it. */
export interface Controls {
  show(status: RolloutView['status'], step?: number, weight?: number): void;
  looked(analysis: StepAnalysis): void;
  steps(): readonly StepAnalysis[];
  /** Somebody ended the waiting: the rest of the steps is not held. */
  promoted(): boolean;
  /** The next wait begins when somebody has resumed it. */
  pause(reason: string): void;
  /** Throws where somebody aborted. */
  assertGoing(): void;
  /**
   * The way to the candidate. An abort cancels what is under way and throws, until the last of it is done: a late command
   * of it is fenced by those that put everything back.
   */
  unlessAborted(way: () => Promise<void>): Promise<void>;
  /** Waits until what holds it back may have ended, or somebody says that it has; throws when aborted. */
  thaw(reason: string, changesAt: number | undefined): Promise<void>;
  /** Time in pauses so far, milliseconds. */
  pausedMs(): number;
  /**
   * Waits that long, longer while paused; throws when aborted. A promotion ends the wait; one from before ends the first
   * hold of a step only, or looks that cannot decide would follow each other without a pause.
   */
  hold(ms: number, summary: string, again: boolean): Promise<void>;
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
  let pausedBecause: string | undefined;
  let promoted = false;
  let toLook = false;
  let pausedMs = 0;
  const scope = new CancellationScope();
  const change = (next: Partial<RolloutView>): void => {
    view = { ...view, ...next };
    setCurrentDetails(renderRollout(view));
  };

  setHandler(rolloutStateQuery, () => view, { description: 'Step, weight and analyses of this rollout' });
  setHandler(pauseSignal, () => void (paused = true), { description: 'Stay on this step until resumed' });
  setHandler(resumeSignal, () => void (paused = false), { description: 'Go on after a pause' });
  setHandler(lookSignal, () => void (toLook = true), {
    description: 'What holds this rollout back was changed: look again',
  });
  setHandler(promoteSignal, () => void (promoted = true), {
    description:
      'Look at once instead of when the hold of a step is over. The target gives more traffic only then, unless the glass is broken',
  });
  setHandler(
    abortSignal,
    (message) => {
      aborted ??= `aborted by ${textOf(message, 'by', 'unknown')}: ${textOf(message, 'reason', 'no reason given')}`;
      if (patched(ABORTS_AT_ONCE)) scope.cancel();
    },
    { description: 'Put all traffic back to the champion' },
  );

  const assertGoing = (): void => {
    if (aborted !== undefined) throw new RolloutAborted(aborted);
  };
  return {
    show: (status, step = view.step, weight = view.weight) => change({ status, step, weight }),
    looked: (analysis) => change({ steps: [...view.steps, analysis] }),
    steps: () => view.steps,
    promoted: () => promoted,
    pause: (reason) => {
      paused = true;
      pausedBecause = reason;
    },
    pausedMs: () => pausedMs,
    thaw: async (reason, changesAt) => {
      const { status } = view;
      const since = Date.now();
      change({ status: 'held', held: reason });
      const left = Math.max(1, Math.min(changesAt ?? Infinity, since + LOOK_EVERY_MS) - since);
      await condition(() => toLook || aborted !== undefined, left, { summary: 'what holds it back may have ended' });
      toLook = false;
      pausedMs += Date.now() - since;
      const { held: _, ...rest } = view;
      view = rest;
      change({ status });
      assertGoing();
    },
    assertGoing,
    unlessAborted: async (way) => {
      try {
        await scope.run(way);
      } catch (error) {
        if (isCancellation(error)) assertGoing();
        throw error;
      }
      if (aborted !== undefined && patched(ABORTS_AT_ONCE)) assertGoing();
    },
    hold: async (ms, summary, again) => {
      const before = promoted && again && patched('promoted-looks-wait');
      const ended = (): boolean => promoted && !before;
      for (;;) {
        assertGoing();
        if (paused) {
          const { status } = view;
          const since = Date.now();
          change({ status: 'paused', ...(pausedBecause === undefined ? {} : { held: pausedBecause }) });
          await condition(() => !paused || aborted !== undefined);
          pausedMs += Date.now() - since;
          pausedBecause = undefined;
          const { held: _, ...rest } = view;
          view = rest;
          change({ status });
          continue;
        }
        if (ended()) return;
        // After a pause the step is held anew: what happened meanwhile does not count as held.
        const interrupted = await condition(() => aborted !== undefined || ended() || paused, ms, { summary });
        if (!interrupted) return;
      }
    },
  };
};
