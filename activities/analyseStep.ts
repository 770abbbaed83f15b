import { setTimeout as delay } from 'node:timers/promises';
import { addMeasurements } from '../src/domain/rollout/addMeasurements.js';
import { analyseStep, chanceOf } from '../src/domain/rollout/analyseStep.js';
import { ruleOf } from '../src/domain/rollout/phases.js';
import { ANALYSED } from '../src/domain/rollout/shareOf.js';
import type { StepAnalysis } from '../src/domain/rollout/types.js';
import type { TrafficMeasurement } from '../src/ports/deployTarget.js';
import { rolloutId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import { measureMetrics } from './measureMetrics.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { assertSince, countersOf, questionOf, type JudgedStep } from './stepQuestion.js';

export interface AnalyseStepInput extends JudgedStep {
  /** Told to workers from before it was read where it is on record; what it says counts for nothing. */
  readonly control?: StepAnalysis['control'];
}

/** A look at a step with too few requests is a timer and a look more: it waits a moment for those that are still missing. */
const PATIENCE_MS = 3_000;
const POLL_MS = 100;

/**
 * Champion against candidate on the same interval: since this step's traffic was shifted. Behind a switch the champion has
 * none: then it is what it had before.
 */
export const createAnalyseStep =
  (ports: Ports) =>
  (input: AnalyseStepInput): Promise<StepAnalysis> =>
    whileHeartbeating(async (signal) => {
      const stream = rolloutId(input.model, input.environment, input.fence.epoch);
      assertOwnStream(stream);
      const measured = await measureEnough(ports, input, signal);
      const { index, phase, step } = input;
      const { seq } = input.fence;
      const entries = await readChain(ports, stream);
      const question = await questionOf(ports, input, measured, entries);
      const counted = analyseStep(question);
      const own = await measureMetrics(
        ports,
        { ...input, verdict: counted.verdict, measured, chance: chanceOf(question) },
        signal,
      );
      const analysis = addMeasurements(counted, own.measurements, own.shown);
      const carried = await shareOf(ports, input);
      const evidence = await putJson(ports.store, {
        kind: 'canary',
        input,
        visit: question.visit,
        measured,
        analysis,
        ...own.evidence,
      });
      await ports.ledger.append(stream, `analysed/${phase ?? index}/${evidence}`, ANALYSED, Date.now(), {
        step: index,
        seq,
        ...(phase === undefined ? {} : { phase }),
        weight: step.weight,
        verdict: analysis.verdict,
        reason: analysis.reason,
        evidence,
        candidate: input.candidate,
        champion: input.champion,
        // What the target's door holds against the artifact's own plan: nobody but this input says what was looked for.
        rule: digestOf(ruleOf(input)),
        ...(input.steps === undefined ? {} : { steps: input.steps }),
        carried,
      });
      return analysis;
    });

/**
 * Percent of the traffic that the candidate really has, or of the copies as a shadow, asked once more: no newer command came
 * while it was measured.
 */
const shareOf = async (ports: Ports, { model, environment, fence, ...input }: AnalyseStepInput): Promise<number> => {
  const state = await ports.target(environment).observe(model, environment);
  assertSince(state?.fence, { environment, fence });
  const own = state?.versions.find(({ artifactDigest }) => artifactDigest === input.candidate);
  return (input.phase === 'shadow' ? own?.copies : own?.weight) ?? 0;
};

const measureEnough = async (
  ports: Ports,
  input: AnalyseStepInput,
  signal: AbortSignal,
): Promise<TrafficMeasurement> => {
  const deadline = Date.now() + Math.min(PATIENCE_MS, input.step.deadlineMs);
  const target = ports.target(input.environment);
  for (;;) {
    const measured = await target.measure(input.model, input.environment);
    assertSince(measured.since, input);
    const { requests = 0, failures = 0 } = countersOf(measured, input.candidate) ?? {};
    // Failures are judged at once, however few requests there were.
    if (requests >= input.step.minRequests || failures > 0 || Date.now() >= deadline) return measured;
    await delay(target.lookEveryMs ?? POLL_MS, undefined, { signal });
  }
};
