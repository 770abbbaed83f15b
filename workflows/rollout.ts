/**
 * One passage from champion to candidate: bring it up beside the champion, shift traffic step by step, look at
 * each step, and put everything back where a look says so. It asks the target what runs; it never assumes.
 */
import { CancellationScope, getExternalWorkflowHandle, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.js';
import type { JudgedStep } from '../activities/stepQuestion.js';
import type { Digest } from '../src/domain/artifact/types.js';
import type { HoldNotice } from '../src/domain/hold/types.js';
import type { RolloutOutcome, StepAnalysis } from '../src/domain/rollout/types.js';
import { decideNextStep, firstLookAfter, type NextStep } from '../src/domain/rollout/decideNextStep.js';
import { phasesOf, sayShare, tagOf, untilLook, type Phase } from '../src/domain/rollout/phases.js';
import { isWatched } from '../src/domain/rollout/watch.js';
import type { CanaryStepSpec } from '../src/domain/spec/types.js';
import { environmentId, settledSignal, type RolloutInput } from './messages.js';
import { evidence, traffic } from './retry.js';
import { failureDetails, failureReason, failureText, isRefusedBy } from './failureText.js';
import { awaitWord } from './rollout/awaitWord.js';
import { commands, type Commands } from './rollout/commands.js';
import { openLooks, type Looks } from './rollout/looks.js';
import { untilWatched, watched, type Watch } from './rollout/watch.js';
import { openControls, RolloutAborted, type Controls } from './rollout/controls.js';

const { deployVersion, shiftTraffic } = proxyActivities<Activities>(traffic);
const { analyseStep, measureChampion } = proxyActivities<Activities>(evidence('serve'));

/** Rollouts from before this knew of no retirement, and put the champion beside itself. */
const RETIRES = 'retires';

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
    const way =
      input.retires === true && patched(RETIRES)
        ? () => takeAway(input, command)
        : () => takeOver(input, controls, command);
    await controls.unlessAborted(way);
    return { kind: 'completed', steps: controls.steps() };
  } catch (error) {
    controls.show('aborting');
    if (isRefusedBy(error, 'environment_held') && (await restore())) return heldOutcome(error);
    const reason = error instanceof RolloutAborted ? error.message : failureText(error);
    return { kind: 'aborted', reason, steps: controls.steps(), trafficRestored: await restore() };
  }
};

/** Nobody is judged: the model leaves, by the word of an operator that the target's door looks up. */
const takeAway = async ({ model, environment }: RolloutInput, command: Commands): Promise<void> => {
  await shiftTraffic.executeWithOptions({ summary: `${model} leaves ${environment}: nothing of it runs` }, [
    command.none(),
  ]);
};

const takeOver = async (input: RolloutInput, controls: Controls, command: Commands): Promise<void> => {
  controls.show('deploying');
  const immediate = input.plan.strategy === 'immediate' && input.champion !== undefined;
  const phases = phasesHere(input);
  const { champion } = input;
  const comparesBefore = champion !== undefined && phases.some(({ kind }) => kind === 'switch');
  if (comparesBefore) await measureBefore(input, command, champion.artifactDigest);
  await deployVersion.executeWithOptions({ summary: `bring up ${input.candidate.artifactDigest.slice(7, 19)}` }, [
    {
      command: command.beside(),
      artifactDigest: input.candidate.artifactDigest,
      readyWithinMs: READY_WITHIN_MS,
      ...(immediate ? { then: command.alone() } : {}),
    },
  ]);
  if (input.plan.strategy === 'immediate') return;
  if (input.plan.strategy === 'blueGreen' && phases.length === 0) throw new RolloutAborted(UNKNOWN_STRATEGY);
  const looks = openLooks(phases);
  const takeAll = () =>
    shiftTraffic.executeWithOptions({ summary: 'the candidate takes all traffic' }, [command.alone()]);
  for (let index = 0; index <= phases.length;) {
    // What a phase found before a pause is out of date after it: the phase is gone through once more.
    if (await controls.waitedInPause()) {
      index = Math.max(0, index - 1);
      continue;
    }
    const phase = phases[index];
    const passed =
      phase === undefined
        ? await unlessHeld(controls, takeAll)
        : await passPhase(input, controls, command, looks, phase, index);
    // What the phase before measured is out of date when a hold ends: it is gone through once more.
    index = passed ? index + 1 : Math.max(0, index - 1);
    // Behind a shadow what the champion did beside it is the better measure: the same requests.
    if (comparesBefore && passed && phase?.kind === 'shadow')
      await measureBefore(input, command, champion.artifactDigest);
  }
};

/** What a rollout from before blue/green came to that was started by hand with it. */
const UNKNOWN_STRATEGY = 'no such strategy is known';

/** Rollouts from before there were other strategies know of canary steps only, and nobody was asked between them. */
const phasesHere = ({ plan, champion, candidate }: RolloutInput): readonly Phase[] => {
  const phases = phasesOf(plan);
  const isNew = phases.some(({ kind, step }) => kind !== 'step' || step.approve !== undefined);
  if (isNew && !patched('phases'))
    return phases.filter(({ kind }) => kind === 'step').map((phase) => ({ ...phase, step: unasked(phase.step) }));
  // Where nobody else answers there is nothing to copy.
  const alone = champion === undefined || champion.artifactDigest === candidate.artifactDigest;
  return alone ? phases.filter(({ kind }) => kind !== 'shadow') : phases;
};

const unasked = ({ approve: _, ...step }: CanaryStepSpec): CanaryStepSpec => step;

const measureBefore = ({ model, environment }: RolloutInput, command: Commands, champion: Digest): Promise<void> =>
  measureChampion.executeWithOptions({ summary: 'what the champion does before the switch' }, [
    { model, environment, fence: command.fence(), champion },
  ]);

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

const passPhase = async (
  input: RolloutInput,
  controls: Controls,
  command: Commands,
  looks: Looks,
  phase: Phase,
  position: number,
): Promise<boolean> => {
  const { kind, index, step, copies } = phase;
  const share = sayShare(phase);
  const shifted = kind === 'shadow' ? command.shadowed(copies ?? 0) : command.weighted(step.weight);
  const shift = () => shiftTraffic.executeWithOptions({ summary: `${share} to the candidate` }, [shifted]);
  if (!(await unlessHeld(controls, shift))) return false;
  controls.entered(tagOf(phase).phase);
  const startedAt = Date.now() - controls.pausedMs();
  const known = looks.begin();
  const limits = looks.limits(phase);
  const judged: JudgedStep = {
    ...{ model: input.model, environment: input.environment, fence: shifted.fence, index },
    ...tagOf(phase),
    ...(copies === undefined ? {} : { copies }),
    ...{ step, analysis: phase.analysis, candidate: input.candidate.artifactDigest },
    ...(input.champion === undefined ? {} : { champion: input.champion.artifactDigest }),
    steps: known.steps,
  };
  const takenMs = (): number => Date.now() - controls.pausedMs() - startedAt;
  const decide = (analysis: StepAnalysis, elapsedMs: number): NextStep =>
    decideNextStep({
      ...{ step, analysis, elapsedMs, limits },
      ...{ tally: looks.count(position, analysis), last: looks.isLast(position) },
    });
  const watch: Watch = {
    within: (leftMs) => untilWatched(takenMs(), leftMs),
    look: async () => {
      const fault = await watched(judged, READY_WITHIN_MS, share);
      if (fault === undefined || decide(fault, takenMs()).kind !== 'abort') return;
      controls.looked(fault);
      throw new RolloutAborted(fault.reason);
    },
  };
  for (let holdMs = untilLook(phase, 0, firstLookAfter(step, limits)), again = false; ; again = true) {
    controls.show('holding', index, step.weight);
    await controls.hold(holdMs, `hold at ${share}`, again, isWatched(phase) ? watch : undefined);
    controls.show('analysing', index, step.weight);
    const analysis: StepAnalysis = await analyseStep.executeWithOptions({ summary: `look at ${share}` }, [
      { ...judged, ...known },
    ]);
    // A promotion ends the holding, not the judging: only a look that passes moves on.
    const elapsedMs = controls.promoted() ? Math.max(step.holdMs, takenMs()) : takenMs();
    const next = decide(analysis, elapsedMs);
    if (next.kind === 'hold') {
      holdMs = untilLook(phase, elapsedMs, next.forMs);
      continue;
    }
    if (next.kind === 'pause') {
      controls.pause(next.reason);
      looks.resumed(position);
      continue;
    }
    controls.looked(analysis);
    if (next.kind === 'abort') throw new RolloutAborted(next.reason);
    await awaitWord(input, controls, index, step, watch);
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
