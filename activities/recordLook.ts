import { ruleOf } from '../src/domain/rollout/phases.js';
import { ANALYSED } from '../src/domain/rollout/shareOf.js';
import type { StepAnalysis } from '../src/domain/rollout/types.js';
import type { TrafficMeasurement } from '../src/ports/deployTarget.js';
import { rolloutId } from '../workflows/messages.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { putJson } from './documents.js';
import type { MeasuredMetrics } from './measureMetrics.js';
import type { Ports } from './ports.js';
import { assertSince, type JudgedStep } from './stepQuestion.js';

/** What a look found, and what of. */
export interface FoundLook {
  readonly visit: number;
  readonly measured: TrafficMeasurement;
  readonly analysis: StepAnalysis;
  readonly besides?: MeasuredMetrics['evidence'];
}

/** Keeps what was measured, and writes down what was found: of two attempts that found the same one counts. */
export const recordLook = async (
  ports: Ports,
  judged: JudgedStep,
  { visit, measured, analysis, besides = {} }: FoundLook,
): Promise<void> => {
  const about = await aboutLook(ports, judged);
  const evidence = await putJson(ports.store, {
    ...{ kind: 'canary', input: judged, visit, measured, analysis },
    ...besides,
  });
  const { phase, index, step, model, environment, fence } = judged;
  const stream = rolloutId(model, environment, fence.epoch);
  await ports.ledger.append(stream, `analysed/${phase ?? index}/${evidence}`, ANALYSED, Date.now(), {
    ...about,
    ...{ weight: step.weight, verdict: analysis.verdict, reason: analysis.reason, evidence },
  });
};

/** Which phase was looked at, by which rule, and at which share. */
export const aboutLook = async (ports: Ports, judged: JudgedStep) => {
  const { index, phase, fence, candidate, champion, steps } = judged;
  return {
    ...{ step: index, seq: fence.seq },
    ...(phase === undefined ? {} : { phase }),
    candidate,
    ...(champion === undefined ? {} : { champion }),
    // What the target's door holds against the artifact's own plan: nobody but this input says what was looked for.
    rule: digestOf(ruleOf(judged)),
    ...(steps === undefined ? {} : { steps }),
    carried: await shareOf(ports, judged),
  };
};

/**
 * Percent of the traffic that the candidate really has, or of the copies as a shadow, asked once more: no newer command came
 * while it was measured.
 */
const shareOf = async (ports: Ports, { model, environment, fence, ...judged }: JudgedStep): Promise<number> => {
  const state = await ports.target(environment).observe(model, environment);
  assertSince(state?.fence, { environment, fence });
  const own = state?.versions.find(({ artifactDigest }) => artifactDigest === judged.candidate);
  return (judged.phase === 'shadow' ? own?.copies : own?.weight) ?? 0;
};
