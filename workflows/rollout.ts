/**
 * One passage from champion to candidate: bring it up beside the champion, shift traffic step by step, look at
 * each step, and put everything back where a look says so. It asks the target what runs; it never assumes.
 */
import { CancellationScope, getExternalWorkflowHandle, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { HoldNotice } from '../src/domain/hold/types.js';
import type { RolloutOutcome, StepAnalysis } from '../src/domain/rollout/types.js';
import { decideNextStep, firstLookAfter } from '../src/domain/rollout/decideNextStep.js';
import type { CanaryStepSpec, RolloutSpec } from '../src/domain/spec/types.js';
import { environmentId, settledSignal, type RolloutInput } from './messages.js';
import { evidence, traffic } from './retry.js';
import { failureDetails, failureReason, failureText, isRefusedBy } from './failureText.js';
import { commands, type Commands } from './rollout/commands.js';
import { openLooks, type Looks } from './rollout/looks.js';
import { openControls, RolloutAborted, type Controls } from './rollout/controls.js';

const { deployVersion, shiftTraffic } = proxyActivities<Activities>(traffic);
const { analyseStep } = proxyActivities<Activities>(evidence('serve'));

const READY_WITHIN_MS = 120_000;

export async function rollout(input: RolloutInput): Promise<RolloutOutcome> {
  const controls = openControls(input);
  const command = commands(input);
  const outcome = await pass(input, controls, command);
  controls.show(outcome.kind);
  await CancellationScope.nonCancellable(() =>
    getExternalWorkflowHandle(environmentId(input.model, input.environment)).signal(settledSignal, {
      requestId: input.requestId,
      epoch: input.epoch,
      outcome,
    }),
  );
  return outcome;
}

const pass = async (input: RolloutInput, controls: Controls, command: Commands): Promise<RolloutOutcome> => {
  // Registered before the first risky step: whatever happens, the champion gets all traffic back.
  const restore = (): Promise<boolean> => CancellationScope.nonCancellable(() => putBack(input, command));
  try {
    await controls.unlessAborted(() => takeOver(input, controls, command));
    return { kind: 'completed', steps: controls.steps() };
  } catch (error) {
    controls.show('aborting');
    if (isRefusedBy(error, 'environment_held') && (await restore())) return heldOutcome(error);
    const reason = error instanceof RolloutAborted ? error.message : failureText(error);
    return { kind: 'aborted', reason, steps: controls.steps(), trafficRestored: await restore() };
  }
};

const takeOver = async (input: RolloutInput, controls: Controls, command: Commands): Promise<void> => {
  controls.show('deploying');
  const immediate = input.plan.strategy === 'immediate' && input.champion !== undefined;
  await deployVersion.executeWithOptions({ summary: `bring up ${input.candidate.artifactDigest.slice(7, 19)}` }, [
    {
      command: command.beside(),
      artifactDigest: input.candidate.artifactDigest,
      readyWithinMs: READY_WITHIN_MS,
      ...(immediate ? { then: command.alone() } : {}),
    },
  ]);
  if (input.plan.strategy === 'immediate') return;
  const { steps } = input.plan;
  const looks = openLooks(input.plan.analysis, steps.length);
  const takeAll = () =>
    shiftTraffic.executeWithOptions({ summary: 'the candidate takes all traffic' }, [command.alone()]);
  for (let index = 0; index <= steps.length;) {
    // What a step found before a pause is out of date after it: the step is gone through once more.
    if (await controls.waitedInPause()) {
      index = Math.max(0, index - 1);
      continue;
    }
    const step = steps[index];
    const passed =
      step === undefined
        ? await unlessHeld(controls, takeAll)
        : await passStep(input, controls, command, input.plan, looks, index, step);
    // What the step before measured is out of date when a hold ends: it is gone through once more.
    index = passed ? index + 1 : Math.max(0, index - 1);
  }
};

/** Refused at its very beginning: its arbiter takes it back into the queue, where others may overtake it. */
const heldOutcome = (error: unknown): RolloutOutcome => {
  const { holds, changesAt } = failureDetails(error);
  return {
    kind: 'held',
    reason: failureReason(error),
    steps: [],
    holds: Array.isArray(holds) ? (holds as readonly HoldNotice[]) : [],
    ...(typeof changesAt === 'number' ? { changesAt } : {}),
  };
};

/** Tries a way that a hold may block; false: it did, and may be over now. */
const unlessHeld = async (controls: Controls, way: () => Promise<unknown>): Promise<boolean> => {
  try {
    await way();
    return true;
  } catch (error) {
    if (!isRefusedBy(error, 'environment_held')) throw error;
    const { changesAt } = failureDetails(error);
    await controls.thaw(failureReason(error), typeof changesAt === 'number' ? changesAt : undefined);
    return false;
  }
};

const passStep = async (
  input: RolloutInput,
  controls: Controls,
  command: Commands,
  plan: Extract<RolloutSpec, { strategy: 'canary' }>,
  looks: Looks,
  index: number,
  step: CanaryStepSpec,
): Promise<boolean> => {
  const shifted = command.weighted(step.weight);
  const shift = () => shiftTraffic.executeWithOptions({ summary: `${step.weight} % to the candidate` }, [shifted]);
  if (!(await unlessHeld(controls, shift))) return false;
  const startedAt = Date.now() - controls.pausedMs();
  const known = looks.begin(index);
  const { limits } = looks;
  for (let holdMs = firstLookAfter(step, limits), again = false; ; again = true) {
    controls.show('holding', index, step.weight);
    await controls.hold(holdMs, `hold at ${step.weight} %`, again);
    controls.show('analysing', index, step.weight);
    const analysis: StepAnalysis = await analyseStep.executeWithOptions({ summary: `look at ${step.weight} %` }, [
      {
        model: input.model,
        environment: input.environment,
        fence: shifted.fence,
        index,
        step,
        analysis: plan.analysis,
        candidate: input.candidate.artifactDigest,
        ...(input.champion === undefined ? {} : { champion: input.champion.artifactDigest }),
        ...known,
      },
    ]);
    const tally = looks.count(analysis);
    // A promotion ends the holding, not the judging: only a look that passes moves on.
    const takenMs = Date.now() - controls.pausedMs() - startedAt;
    const elapsedMs = controls.promoted() ? Math.max(step.holdMs, takenMs) : takenMs;
    const next = decideNextStep({ step, analysis, elapsedMs, limits, tally, last: index === plan.steps.length - 1 });
    if (next.kind === 'hold') {
      holdMs = next.forMs;
      continue;
    }
    if (next.kind === 'pause') {
      controls.pause(next.reason);
      looks.resumed(index);
      continue;
    }
    controls.looked(analysis);
    if (next.kind === 'abort') throw new RolloutAborted(next.reason);
    return true;
  }
};

/** True where the champion has all traffic again, or nothing runs because there was none. */
const putBack = async ({ champion }: RolloutInput, command: Commands): Promise<boolean> => {
  // Rollouts from before this left a first version where it was, whatever a look had said of it.
  if (champion === undefined && !patched('first-version-retired')) return true;
  const summary =
    champion === undefined
      ? 'nothing ran before: the candidate is retired'
      : `all traffic back to ${champion.artifactDigest.slice(7, 19)}`;
  try {
    await shiftTraffic.executeWithOptions({ summary }, [command.back()]);
    return true;
  } catch {
    return false;
  }
};
