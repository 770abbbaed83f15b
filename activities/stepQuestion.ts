import type { Digest } from '../src/domain/artifact/types.js';
import { canonicalJson } from '../src/domain/canonical.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { controlOf, type StepQuestion } from '../src/domain/rollout/analyseStep.js';
import { measuredBefore, type ChampionEvidence } from '../src/domain/rollout/beforeSwitch.js';
import { controlsOnRecord } from '../src/domain/rollout/controlsOnRecord.js';
import { looksOnRecord, type PlannedLook } from '../src/domain/rollout/looksOnRecord.js';
import type { Fence, OtherPhase, StepAnalysis, TrafficCounters } from '../src/domain/rollout/types.js';
import { visitOnRecord } from '../src/domain/rollout/visitOnRecord.js';
import type { AnalysisSpec, CanaryStepSpec, Spec } from '../src/domain/spec/types.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import type { TrafficMeasurement } from '../src/ports/deployTarget.js';
import { digestOf } from '../src/contract/canonicalDigest.js';
import { readReferences, readSpec } from './artifactContents.js';
import { getJson } from './documents.js';
import type { Ports } from './ports.js';

/** A phase of a rollout, and who is in it. */
export interface JudgedStep {
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
}

export type AskedQuestion = StepQuestion & Required<Pick<StepQuestion, 'visit'>>;

/**
 * What a look asks. What was counted comes from the target, what was before from the stream of the rollout, both versions'
 * training from their artifacts; from whoever asks comes what the target's door holds against the artifact's own plan.
 */
export const questionOf = async (
  ports: Ports,
  judged: JudgedStep,
  measured: TrafficMeasurement,
  entries: readonly LedgerEntry[],
): Promise<AskedQuestion> => {
  const { index, phase, copies, step, analysis, candidate, champion, steps, fence } = judged;
  const looks = looksOnRecord(entries, { candidate, rollout: await planOf(ports, judged), digestOf });
  const sameInputs = champion === undefined || (await haveSameInputs(ports, candidate, champion));
  const theirs = await championOf(ports, judged, measured, entries);
  const control =
    champion === undefined || controlOf({ champion: theirs }) !== undefined
      ? undefined
      : await controlBefore(ports, looks, { champion, fence, sameInputs });
  return {
    ...{ index, step, analysis, sameInputs },
    ...(phase === undefined ? {} : { phase }),
    ...(copies === undefined ? {} : { copies }),
    ...(steps === undefined ? {} : { steps }),
    visit: visitOnRecord(looks, { index, seq: fence.seq, ...(phase === undefined ? {} : { phase }) }),
    candidate: countersOf(measured, candidate),
    champion: theirs,
    references: await readReferences(ports.store, candidate),
    ...(champion === undefined ? {} : { championReferences: await readReferences(ports.store, champion) }),
    ...(control === undefined ? {} : { control }),
  };
};

export const countersOf = (
  { counters }: Pick<TrafficMeasurement, 'counters'>,
  digest: Digest | undefined,
): TrafficCounters | undefined => counters.find(({ artifactDigest }) => artifactDigest === digest);

/** No newer command came: `stale_command` where the counts are those since another one. */
export const assertSince = (
  since: Fence | undefined,
  { environment, fence }: Pick<JudgedStep, 'environment' | 'fence'>,
): void => {
  if (since?.epoch === fence.epoch && since.seq === fence.seq) return;
  const is = since === undefined ? 'nothing' : `${since.epoch}.${since.seq}`;
  throw new SlipwayError('stale_command', `${environment} counts since ${is}, not since ${fence.epoch}.${fence.seq}`);
};

const planOf = async ({ store }: Pick<Ports, 'store'>, { candidate, environment }: JudgedStep) =>
  (await readSpec(store, candidate)).environments.find(({ name }) => name === environment)?.rollout;

/** Behind a switch the champion has no traffic: it is what it had before, and how often its server ended since. */
const championOf = async (
  ports: Ports,
  { phase, champion }: JudgedStep,
  measured: TrafficMeasurement,
  entries: readonly LedgerEntry[],
): Promise<TrafficCounters | undefined> => {
  const now = countersOf(measured, champion);
  if (phase !== 'switch') return now;
  const evidence = champion === undefined ? undefined : measuredBefore(entries, champion);
  if (evidence === undefined) return undefined;
  const before = countersOf((await getJson<ChampionEvidence>(ports.store, evidence)).measured, champion);
  return before === undefined ? undefined : { ...before, restarts: now?.restarts ?? 0 };
};

/** What is kept of a look says what the target counted then. */
const controlBefore = async (
  { store }: Pick<Ports, 'store'>,
  looks: readonly PlannedLook[],
  {
    champion,
    fence,
    sameInputs,
  }: Pick<JudgedStep, 'fence'> & { readonly champion: Digest; readonly sameInputs: boolean },
): Promise<StepAnalysis['control']> => {
  for (const evidence of controlsOnRecord(looks, { champion, seq: fence.seq })) {
    const { measured } = await getJson<{ readonly measured: TrafficMeasurement }>(store, evidence);
    const control = controlOf({ champion: countersOf(measured, champion), sameInputs });
    if (control !== undefined) return control;
  }
  return undefined;
};

const haveSameInputs = async (ports: Ports, ...versions: readonly [Digest, Digest]): Promise<boolean> => {
  const [ours, theirs] = await Promise.all(versions.map((version) => readSpec(ports.store, version)));
  return inputsOf(ours!) === inputsOf(theirs!);
};

const inputsOf = ({ signature }: Spec): string =>
  canonicalJson(signature.features.map(({ name, type }) => ({ name, type })));
