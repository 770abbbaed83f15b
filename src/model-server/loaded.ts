import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { checkSignature } from '../domain/artifact/checkSignature.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { readRequest } from '../domain/inference/readRequest.js';
import { inferenceRequest } from '../domain/inference/request.js';
import type { BlobStore } from '../ports/blobStore.js';
import { startEngine, type Engine } from './inference/engine.js';
import { openArtifact, type OpenedArtifact } from './openArtifact.js';
import { createPredictionLog, type PredictionLog } from './record/predictionLog.js';
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
  readonly traffic: Traffic;
  readonly log: PredictionLog;
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
  const inputs = engine.tensors.inputs.map(({ name }) => name);
  log.info({ version, modelDigest: artifact.modelDigest }, 'model is loaded');
  const boot = randomBytes(8).toString('hex');
  let requests = 0;
  return {
    version,
    artifactDigest: artifact.artifactDigest,
    modelDigest: artifact.modelDigest,
    prediction,
    engine,
    traffic: createTraffic(artifact.artifactDigest, features, artifact.reference, inputs),
    log: createPredictionLog(
      { store, model: settings.model, environment: settings.environment, version, features, inputs },
      settings.limits,
    ),
    nextRequestId: () => `${boot}-${(requests += 1).toString(36)}`,
  };
};

/** Real rows of the artifact through the model before the first caller: a model that fails on them is not ready. */
const warmUp = async (engine: Engine, artifact: OpenedArtifact, maxRows: number): Promise<void> => {
  if (artifact.smoke === undefined) return;
  const { features } = artifact.signature;
  const rows = Math.min(WARM_UP_ROWS, artifact.smoke.expected.length);
  if (rows === 0) return;
  const body = inferenceRequest(features, artifact.smoke.columns, 0, rows);
  const read = readRequest(body, new Uint8Array(0), engine.tensors, maxRows);
  if (read.kind !== 'request')
    throw new SlipwayError('model_invalid', `the model does not take its own smoke rows: ${read.reason}`);
  const outcome = await engine.infer(read.request.inputs, rows);
  if (outcome?.kind !== 'done')
    throw new SlipwayError(
      'model_invalid',
      `the model fails on its own smoke rows: ${outcome?.kind === 'failed' ? outcome.reason : 'no answer'}`,
    );
};
