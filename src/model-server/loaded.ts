import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { checkSignature } from '../domain/artifact/checkSignature.js';
import type { SmokeChunk } from '../domain/artifact/contents.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { planFeatureChecks, type FeatureCheck } from '../domain/inference/checkFeatures.js';
import { predictionsOf } from '../domain/inference/predictions.js';
import { readRequest } from '../domain/inference/readRequest.js';
import { inferenceRequest } from '../domain/inference/request.js';
import type { BlobStore } from '../ports/blobStore.js';
import { startEngine, type Engine } from './inference/engine.js';
import { openArtifact, type OpenedArtifact } from './openArtifact.js';
import { createPredictionLog, type PredictionLog } from './record/predictionLog.js';
import { createCountsLog, type CountsLog } from './record/countsLog.js';
import { createRowCounts } from './record/rowCounts.js';
import { createTraffic, type Traffic } from './record/traffic.js';
import type { ModelServerSettings } from './settings.js';

/** A version that can answer. */
export interface Loaded {
  /** 64 hex digits of the artifact digest. */
  readonly version: string;
  readonly artifactDigest: Digest;
  readonly modelDigest: Digest;
  /** Name of the output that is the prediction. */
  readonly prediction: string;
  readonly engine: Engine;
  /** What slipway.yaml says of values. */
  readonly checks: readonly FeatureCheck[];
  readonly traffic: Traffic;
  readonly log: PredictionLog;
  readonly counts: CountsLog;
  nextRequestId(): string;
}

const WARM_UP_ROWS = 32;

/** Opens, loads, checks and warms up; rejects with `digest_mismatch`, `model_invalid` or `signature_mismatch`. */
export const loadVersion = async (
  settings: ModelServerSettings,
  store: Pick<BlobStore, 'createDocument'>,
  log: Logger,
  onDeath: (reason: string) => void,
): Promise<Loaded> => {
  const artifact = await openArtifact(settings.artifactDirectory);
  const engine = await startEngine(artifact.model.buffer, settings.limits, onDeath);
  try {
    const differences = checkSignature(artifact.signature, engine.tensors);
    if (differences.length > 0) throw new SlipwayError('signature_mismatch', differences.join('; '));
    await warmUp(engine, artifact, settings.limits.requestRows);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const version = artifact.artifactDigest.slice('sha256:'.length);
  const { features, prediction } = artifact.signature;
  const { inputs } = engine.tensors;
  log.info({ version, modelDigest: artifact.modelDigest }, 'model is loaded');
  const traffic = createTraffic(artifact.artifactDigest, createRowCounts(features, artifact.reference, inputs));
  const { model, environment, limits } = settings;
  const boot = randomBytes(8).toString('hex');
  let requests = 0;
  return {
    version,
    artifactDigest: artifact.artifactDigest,
    modelDigest: artifact.modelDigest,
    prediction,
    engine,
    checks: planFeatureChecks(features, inputs),
    traffic,
    log: createPredictionLog({ store, model, environment, version, features, inputs }, limits, Math.random),
    counts: createCountsLog(
      { store, model, environment, version, take: () => traffic.takeCounts() },
      limits.countsEveryMs,
    ),
    nextRequestId: () => `${boot}-${(requests += 1).toString(36)}`,
  };
};

/** Real rows of the artifact through the model before the first caller: a model that fails on them is not ready. */
const warmUp = async (engine: Engine, artifact: OpenedArtifact, maxRows: number): Promise<void> => {
  if (artifact.smoke === undefined) return;
  const { smoke } = artifact;
  const most = Math.min(WARM_UP_ROWS, smoke.expected.length, maxRows);
  // One row alone first: memory is laid out for each shape anew.
  for (const rows of new Set([Math.min(1, most), most])) if (rows > 0) await answerSmoke(engine, artifact, smoke, rows);
};

const answerSmoke = async (
  engine: Engine,
  artifact: OpenedArtifact,
  smoke: SmokeChunk,
  rows: number,
): Promise<void> => {
  const { features, prediction } = artifact.signature;
  const { inputs } = engine.tensors;
  const body = inferenceRequest({ features, inputs }, smoke.columns, 0, rows);
  // Asked of the model alone: what slipway.yaml refuses of callers says nothing of whether it works.
  const read = readRequest(body, new Uint8Array(0), engine.tensors, rows, []);
  if (read.kind !== 'request')
    throw new SlipwayError('model_invalid', `the model does not take its own smoke rows: ${read.reason}`);
  const outcome = await engine.infer(read.request.inputs, rows);
  if (outcome?.kind !== 'done')
    throw new SlipwayError(
      'model_invalid',
      `the model fails on its own smoke rows: ${outcome?.kind === 'failed' ? outcome.reason : 'no answer'}`,
    );
  const answered = outcome.outputs.find(({ name }) => name === prediction)!;
  if (predictionsOf(answered, rows) === undefined)
    throw new SlipwayError(
      'model_invalid',
      `the model's ${prediction} has the shape [${answered.shape.join(', ')}] for ${rows} rows, expected one probability per row, or two`,
    );
};
