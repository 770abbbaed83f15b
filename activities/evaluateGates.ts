import type { Digest } from '../src/domain/artifact/types.js';
import { combineGates } from '../src/domain/gate/combineGates.js';
import type { GateJudgement } from '../src/domain/gate/judgeGates.js';
import type { GateEvidence, GateFacts, GateResult } from '../src/domain/gate/types.js';
import { LAYERS, layerByPath } from '../src/domain/artifact/manifest.js';
import type { Resumption } from '../src/domain/release/resumePoint.js';
import type { GateSpec } from '../src/domain/spec/gates.js';
import type { Spec } from '../src/domain/spec/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import { cellNumber } from '../src/domain/table/cell.js';
import { assertOwnStream } from './assertOwnStream.js';
import { readFrozenReference, readManifest, withArtifactFiles, type ArtifactFiles } from './artifactContents.js';
import { environmentState } from './environmentState.js';
import { getJson, putJson } from './documents.js';
import { gateMeasurements, type GateMeasurements } from './gateMeasurements.js';
import { predictAnchors, predictProbes, predictWith } from './gatePredictions.js';
import { gateTables } from './gateTables.js';
import { whileHeartbeating } from './heartbeat.js';
import { gatesDigest } from './judgedBy.js';
import { judgeOnThread } from './judgeOnThread.js';
import type { Ports } from './ports.js';
import { recordStage } from './recordStage.js';
import type { StageEvidence } from './smokeTest.js';
import { runsOnRecord } from './onRecord.js';

export interface EvaluateGatesInput {
  readonly releaseId: string;
  readonly model: string;
  readonly environment: string;
  readonly artifactDigest: Digest;
  readonly specDigest: Digest;
  readonly gates: readonly string[];
  /** The environment whose champion is the one to beat. */
  readonly championOf: string;
  /** Where the release was resumed after it had failed. */
  readonly resume?: Pick<Resumption, 'number'>;
}

/**
 * Holds an artifact to its gates. The metrics are Slipway's own: it predicts the held-out rows itself, with the
 * candidate and with the champion, in a process apart; what the trainer says of itself is not looked at. The same
 * artifact, champion and gates give the same bytes.
 */
export const createEvaluateGates =
  (ports: Ports) =>
  (input: EvaluateGatesInput): Promise<StageEvidence> =>
    whileHeartbeating(async (signal) => {
      assertOwnStream(input.releaseId);
      const spec = await getJson<Spec>(ports.store, input.specDigest);
      const place = { model: input.model, environment: input.championOf };
      const champion =
        (await runsOnRecord(ports, place)) ??
        (await environmentState(ports, `environment/${input.model}/${input.championOf}`))?.champion?.artifactDigest;
      const gates = input.gates.flatMap((name) => spec.gates.find((gate) => gate.name === name) ?? []);
      const {
        evidence,
        results: judged,
        drift,
      } = await withArtifactFiles(ports, input.artifactDigest, (files) =>
        judge(ports, { ...input, spec, gates, files, champion }, signal),
      );
      const results = input.gates.map(
        (name): GateResult =>
          judged.find((result) => result.gate === name) ?? {
            gate: name,
            verdict: 'error',
            reason: `slipway.yaml has no gate ${name}`,
            rules: [],
          },
      );
      const { verdict, reason } = combineGates(results);
      const digest = await putJson(ports.store, {
        kind: 'gate',
        environment: input.environment,
        artifactDigest: input.artifactDigest,
        champion: champion ?? null,
        evidence,
        // Shown beside the verdict, and no part of it.
        ...(drift === undefined ? {} : { drift }),
        results,
        verdict,
        reason,
      });
      const found = { verdict, reason, evidence: digest };
      const { releaseId, environment, artifactDigest } = input;
      const judgedBy = gatesDigest(gates, input.championOf);
      await recordStage(ports, { releaseId, stage: 'gate', environment, artifactDigest, judgedBy, ...found });
      return found;
    });

type Asked = Omit<EvaluateGatesInput, 'gates'> & {
  readonly spec: Spec;
  readonly gates: readonly GateSpec[];
  readonly files: ArtifactFiles;
  readonly champion: Digest | undefined;
};

type Judged = GateJudgement & Pick<GateMeasurements, 'drift'>;

const judge = async (ports: Ports, asked: Asked, signal: AbortSignal): Promise<Judged> => {
  const { spec, gates, files, champion, artifactDigest } = asked;
  const { features, prediction, label, eventTime } = spec.signature;
  const names = [...features.map((feature) => feature.name), label, eventTime];
  const columns = await ports.tables.read(files.evaluation, names, { signal });
  const candidate = await ports.inference.predict(files.model, features, prediction, columns);
  const theirs = champion === undefined ? undefined : await predictWith(ports, champion, columns);
  const probes = await predictProbes(ports, files.model, spec.signature, gates, { evaluation: columns, candidate });
  const measured = await gateMeasurements(
    ports,
    { ...asked, modelFile: files.model, evaluation: files.evaluation, predictions: candidate },
    signal,
  );
  const shared = {
    ...(await gateTables(ports, files, spec.signature, gates, columns, signal)),
    signature: spec.signature,
    sizes: await sizesOf(ports, artifactDigest),
    ...(measured.now === undefined ? {} : { now: measured.now }),
    ...(measured.latencies === undefined ? {} : { latencies: measured.latencies }),
  };
  const commands = commandsByGate(gates, measured);
  const judgement = await judgeOnThread(
    {
      gates,
      sample: {
        times: Float64Array.from(columns[eventTime] ?? [], cellNumber),
        labels: Float64Array.from(columns[label] ?? [], cellNumber),
        candidate: Float64Array.from(candidate),
        ...(theirs === undefined ? {} : { champion: Float64Array.from(theirs) }),
        anchors: await predictAnchors(ports, asked.model, gates, columns),
      },
      ...(champion === undefined ? {} : { championDigest: champion }),
      ...(await trainedRate(ports, files.reference, label, signal)),
      facts: gates.map((_, at) => ({ ...shared, probes: probes[at] ?? {}, commands: commands[at] ?? {} })),
      seed: `${artifactDigest}/${champion ?? 'none'}`,
    },
    signal,
  );
  return {
    ...judgement,
    evidence: await besidePackaged(ports, champion, judgement.evidence),
    ...(measured.drift === undefined ? {} : { drift: measured.drift }),
  };
};

/** What the champion got when it was packaged, for a person to see whether it is another one here. */
const besidePackaged = async (
  { store }: Ports,
  champion: Digest | undefined,
  evidence: GateEvidence,
): Promise<GateEvidence> => {
  if (champion === undefined || evidence.champion === undefined) return evidence;
  const { metrics: packaged } = await readFrozenReference(store, champion);
  return { ...evidence, champion: { ...evidence.champion, packaged } };
};

/** Share of positives in the training data; nothing where its labels cannot be read: then there is no skill over it. */
const trainedRate = async (
  ports: Ports,
  reference: string,
  label: string,
  signal: AbortSignal,
): Promise<{ readonly trainedRate?: number }> => {
  try {
    const labels = (await ports.tables.read(reference, [label], { signal }))[label] ?? [];
    const positives = labels.filter((value) => value === 1).length;
    const isKnown = labels.length > 0 && labels.every((value) => value === 0 || value === 1);
    return isKnown ? { trainedRate: positives / labels.length } : {};
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'table_invalid') return {};
    throw error;
  }
};

const sizesOf = async (ports: Ports, artifact: Digest): Promise<NonNullable<GateFacts['sizes']>> => {
  const manifest = await readManifest(ports.store, artifact);
  const model = layerByPath(manifest, LAYERS.model);
  return {
    ...(model === undefined ? {} : { model_bytes: model.size }),
    artifact_bytes: manifest.layers.reduce((sum, layer) => sum + layer.size, manifest.config.size),
  };
};

/** What was written, by gate and position of its rule; commands ran in this order. */
const commandsByGate = (
  gates: readonly GateSpec[],
  { commands }: GateMeasurements,
): readonly NonNullable<GateFacts['commands']>[] => {
  let next = 0;
  return gates.map((gate) =>
    Object.fromEntries(
      gate.rules.flatMap((rule, position) => {
        if (rule.kind !== 'command') return [];
        const written = commands[next++];
        return written === undefined ? [] : [[position, written]];
      }),
    ),
  );
};
