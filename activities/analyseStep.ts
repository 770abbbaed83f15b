import { setTimeout as delay } from 'node:timers/promises';
import { addMeasurements } from '../src/domain/rollout/addMeasurements.js';
import { analyseStep, chanceOf } from '../src/domain/rollout/analyseStep.js';
import type { StepAnalysis } from '../src/domain/rollout/types.js';
import type { TrafficMeasurement } from '../src/ports/deployTarget.js';
import { rolloutId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import { whileHeartbeating } from './heartbeat.js';
import { measureMetrics } from './measureMetrics.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';
import { recordLook } from './recordLook.js';
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
      const { control: _, ...judged } = input;
      const question = await questionOf(ports, judged, measured, await readChain(ports, stream));
      const counted = analyseStep(question);
      const { visit } = question;
      const own = await measureMetrics(
        ports,
        { ...judged, verdict: counted.verdict, measured, chance: chanceOf(question) },
        signal,
      );
      const analysis = addMeasurements(counted, own.measurements, own.shown);
      await recordLook(ports, judged, { visit, measured, analysis, besides: own.evidence });
      return analysis;
    });

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
