import {
  CancellationScope,
  condition,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { renderRollout } from '../../src/domain/rollout/renderRollout.js';
import type { AwaitedWord, GivenWord, RolloutView, StepAnalysis } from '../../src/domain/rollout/types.js';
import {
  abortSignal,
  lookSignal,
  pauseSignal,
  promoteSignal,
  resumeSignal,
  rolloutStateQuery,
  type RolloutInput,
} from '../messages.js';
import { stepOf, textOf } from '../received.js';
import type { Watch } from './watch.js';

export class RolloutAborted extends Error {}

/** Rollouts from before this looked for an abort between the steps of a canary only. */
const ABORTS_AT_ONCE = 'aborts-at-once';

/** Rollouts from before this took a promotion for one of every step. */
const PROMOTES_ONE_STEP = 'promotes-one-step';

/** Rollouts from before this looked for a pause within the hold of a step only, and gave more traffic first. */
const PAUSES_BEFORE_A_SHIFT = 'pauses-before-a-shift';

/** Changes without a word are rare; a message that was lost must not hold a rollout for ever. */
const LOOK_EVERY_MS = 3_600_000;

/** What people and other workflows can tell a rollout, and what they see of it. */
export interface Controls {
  show(status: RolloutView['status'], step?: number, weight?: number): void;
  /** Which phase it is in from now on; absent: a canary step. */
  entered(phase: RolloutView['phase']): void;
  /** It waits for a person's word from now on, until one was heard. */
  asks(awaits: AwaitedWord): void;
  /** Until somebody says that there may be one, an hour has passed, or its deadline; throws when aborted. */
  unheard(until: number, watch?: Watch): Promise<void>;
  heard(word: GivenWord): void;
  looked(analysis: StepAnalysis): void;
  steps(): readonly StepAnalysis[];
  /** Somebody ended the waiting of the step under way, or of all: it is not held. */
  promoted(): boolean;
  /** The next wait begins when somebody has resumed it. */
  pause(reason: string): void;
  /** Throws where somebody aborted. */
  assertGoing(): void;
  /** Before more traffic is given: waits while somebody has paused it. False: nobody had. Throws when aborted. */
  waitedInPause(): Promise<boolean>;
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
  hold(ms: number, summary: string, again: boolean, watch?: Watch): Promise<void>;
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
  let promotedAll = false;
  const promotedSteps: number[] = [];
  let toLook = false;
  let pausedMs = 0;
  const scope = new CancellationScope();
  const change = (next: Partial<RolloutView>): void => {
    view = { ...view, ...next };
    setCurrentDetails(renderRollout(view));
  };

  setHandler(rolloutStateQuery, () => view, { description: 'Step, weight and analyses of this rollout' });
  const isPaused = (): boolean => view.paused !== undefined;
  const isPromoted = (): boolean => promotedAll || promotedSteps.includes(view.step);
  setHandler(
    pauseSignal,
    (message) => {
      const said = { by: textOf(message, 'by', 'unknown'), reason: textOf(message, 'reason', 'no reason given') };
      if (!isPaused()) change({ paused: said });
    },
    { description: 'Stay on this step until resumed' },
  );
  setHandler(
    resumeSignal,
    () => {
      const { paused: _, ...rest } = view;
      view = rest;
      change({});
    },
    { description: 'Go on after a pause' },
  );
  setHandler(lookSignal, () => void (toLook = true), {
    description: 'What holds this rollout back was changed: look again',
  });
  setHandler(
    promoteSignal,
    (message) => {
      const step = stepOf(message);
      // Where it waits for a word this says that there is one, and shortens nothing of what comes behind it.
      if (view.status === 'waiting') toLook = true;
      else if (step === undefined || !patched(PROMOTES_ONE_STEP)) promotedAll = true;
      else {
        promotedSteps.push(step);
        // Where the target's door waits for the end of the hold, that has come.
        toLook = true;
      }
    },
    {
      description:
        'Look at once instead of when the hold of a step is over. The target gives more traffic then only by `slipway rollout promote`, which writes it down, or where the glass is broken',
    },
  );
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
  /** Until somebody resumes or aborts it; what it was at is shown again then. */
  const inPause = async (): Promise<void> => {
    const { status } = view;
    const since = Date.now();
    change({ status: 'paused' });
    await condition(() => !isPaused() || aborted !== undefined);
    pausedMs += Date.now() - since;
    change({ status });
  };
  return {
    show: (status, step = view.step, weight = view.weight) => change({ status, step, weight }),
    entered: (phase) => {
      const { phase: _, ...rest } = view;
      view = phase === undefined ? rest : { ...rest, phase };
    },
    asks: (awaits) => change({ status: 'waiting', awaits }),
    unheard: async (until, watch) => {
      const end = Date.now() + Math.max(1, Math.min(until - Date.now(), LOOK_EVERY_MS));
      for (let left = end - Date.now(); left > 0; left = end - Date.now()) {
        const forMs = watch?.within(left) ?? left;
        const summary = 'a person must let it go on';
        if (await condition(() => toLook || aborted !== undefined, forMs, { summary })) break;
        if (watch === undefined || forMs === left) break;
        await watch.look();
      }
      toLook = false;
      assertGoing();
    },
    heard: (word) => {
      const { awaits: _, ...rest } = view;
      view = rest;
      change({ words: [...(view.words ?? []), word] });
    },
    looked: (analysis) => change({ steps: [...view.steps, analysis] }),
    steps: () => view.steps,
    promoted: isPromoted,
    pause: (reason) => change({ paused: { by: 'the analysis', reason } }),
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
    waitedInPause: async () => {
      assertGoing();
      if (!isPaused() || !patched(PAUSES_BEFORE_A_SHIFT)) return false;
      while (isPaused() && aborted === undefined) await inPause();
      assertGoing();
      return true;
    },
    unlessAborted: async (way) => {
      try {
        await scope.run(way);
      } catch (error) {
        if (isCancellation(error)) assertGoing();
        throw error;
      }
      if (aborted !== undefined && patched(ABORTS_AT_ONCE)) assertGoing();
    },
    hold: async (ms, summary, again, watch) => {
      const before = isPromoted() && again && patched('promoted-looks-wait');
      const ended = (): boolean => isPromoted() && !before;
      for (let until: number | undefined; ;) {
        assertGoing();
        if (isPaused()) {
          await inPause();
          until = undefined;
          continue;
        }
        if (ended()) return;
        const now = Date.now();
        if (until !== undefined && until <= now) return;
        const left: number = until === undefined ? ms : until - now;
        const forMs = watch?.within(left) ?? left;
        const interrupted = await condition(() => aborted !== undefined || ended() || isPaused(), forMs, { summary });
        // After a pause the step is held anew: what happened meanwhile does not count as held.
        until = interrupted ? undefined : now + left;
        if (interrupted) continue;
        if (watch === undefined || forMs === left) return;
        await watch.look();
      }
    },
  };
};
