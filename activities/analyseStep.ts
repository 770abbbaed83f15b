import { setTimeout as delay } from 'node:timers/promises';
import type { Digest } from '../src/domain/artifact/types.js';
import { canonicalJson } from '../src/domain/canonical.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { addMeasurements } from '../src/domain/rollout/addMeasurements.js';
import { analyseStep, chanceOf } from '../src/domain/rollout/analyseStep.js';
import { measuredBefore, type ChampionEvidence } from '../src/domain/rollout/beforeSwitch.js';
import { ANALYSED } from '../src/domain/rollout/shareOf.js';
import type { Fence, OtherPhase, StepAnalysis, TrafficCounters } from '../src/domain/rollout/types.js';
import { visitOnRecord } from '../src/domain/rollout/visitOnRecord.js';
import type { AnalysisSpec, CanaryStepSpec, Spec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import type { TrafficMeasurement } from '../src/ports/deployTarget.js';
import { rolloutId } from '../workflows/messages.js';
import { assertOwnStream } from './assertOwnStream.js';
import { readReferences, readSpec } from './artifactContents.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { getJson, putJson } from './documents.js';
import { whileHeartbeating } from './heartbeat.js';
import { measureMetrics } from './measureMetrics.js';
import { readChain } from './onRecord.js';
import type { Ports } from './ports.js';

export interface AnalyseStepInput {
  readonly model: string;
  readonly environment: string;
  readonly fence: Fence;
  readonly index: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  /** Of a shadow: percent of the requests that it is to have a copy of. */
  readonly copies?: number;
  readonly step: CanaryStepSpec;
  readonly analysis: AnalysisSpec;
  readonly candidate: Digest;
  readonly champion?: Digest;
  /** Steps of the plan; absent in rollouts from before budgets were split among them. */
  readonly steps?: number;
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
      const { index, phase, copies, step, analysis: limits } = input;
      const { seq } = input.fence;
      const entries = await readChain(ports, stream);
      const visit = visitOnRecord(entries, { index, seq, ...(phase === undefined ? {} : { phase }) });
      const references = await readReferences(ports.store, input.candidate);
      const split = {
        analysis: limits,
        references,
        visit,
        ...(input.steps === undefined ? {} : { steps: input.steps }),
      };
      const counted = analyseStep({
        ...split,
        ...{ index, step },
        ...(phase === undefined ? {} : { phase }),
        ...(copies === undefined ? {} : { copies }),
        candidate: countersOf(measured, input.candidate),
        champion: phase === 'switch' ? await beforeSwitch(ports, entries, input) : countersOf(measured, input.champion),
        // Behind a switch it is in the ledger, and what an input says of it is only a word.
        ...(input.control === undefined || phase === 'switch' ? {} : { control: input.control }),
        ...(input.champion === undefined
          ? { sameInputs: true }
          : {
              championReferences: await readReferences(ports.store, input.champion),
              sameInputs: await haveSameInputs(ports, input.candidate, input.champion),
            }),
      });
      const own = await measureMetrics(
        ports,
        { ...input, verdict: counted.verdict, measured, chance: chanceOf(split) },
        signal,
      );
      const analysis = addMeasurements(counted, own.measurements, own.shown);
      const carried = await shareOf(ports, input);
      const evidence = await putJson(ports.store, {
        kind: 'canary',
        input,
        visit,
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
        rule: digestOf({ step, analysis: limits, ...(copies === undefined ? {} : { copies }) }),
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

const beforeSwitch = async (
  ports: Ports,
  entries: readonly LedgerEntry[],
  { champion }: AnalyseStepInput,
): Promise<TrafficCounters | undefined> => {
  const evidence = champion === undefined ? undefined : measuredBefore(entries, champion);
  if (evidence === undefined) return undefined;
  const { measured } = await getJson<ChampionEvidence>(ports.store, evidence);
  return measured.counters.find(({ artifactDigest }) => artifactDigest === champion);
};

const assertSince = (
  since: Fence | undefined,
  { environment, fence }: Pick<AnalyseStepInput, 'environment' | 'fence'>,
): void => {
  if (since?.epoch === fence.epoch && since.seq === fence.seq) return;
  const is = since === undefined ? 'nothing' : `${since.epoch}.${since.seq}`;
  throw new SlipwayError('stale_command', `${environment} counts since ${is}, not since ${fence.epoch}.${fence.seq}`);
};

const haveSameInputs = async (ports: Ports, ...versions: readonly [Digest, Digest]): Promise<boolean> => {
  const [ours, theirs] = await Promise.all(versions.map((version) => readSpec(ports.store, version)));
  return inputsOf(ours!) === inputsOf(theirs!);
};

const inputsOf = ({ signature }: Spec): string =>
  canonicalJson(signature.features.map(({ name, type }) => ({ name, type })));

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

const countersOf = ({ counters }: TrafficMeasurement, digest: Digest | undefined) =>
  counters.find(({ artifactDigest }) => artifactDigest === digest);
