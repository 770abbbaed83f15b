import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { checkSignature } from '../domain/artifact/checkSignature.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { planFeatureChecks, type FeatureCheck } from '../domain/inference/checkFeatures.js';
import type { BlobStore } from '../ports/blobStore.js';
import { startEngine, type Engine } from './inference/engine.js';
import { openArtifact, type OpenedArtifact } from './openArtifact.js';
import { createPredictionLog, type PredictionLog } from './record/predictionLog.js';
import { createCountsLog, type CountsLog } from './record/countsLog.js';
import { createRowCounts } from './record/rowCounts.js';
import { createTraffic, type Traffic } from './record/traffic.js';
import type { ModelServerSettings } from './settings.js';
import { answerSmokeRows } from './warmUp/answerSmokeRows.js';

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

/** What a warm-up needs beside it. */
export interface LoadedVersion {
  readonly loaded: Loaded;
  readonly artifact: OpenedArtifact;
  /** How long the model took for its smoke rows. */
  readonly smokeMs: number;
}

/** Opens, loads and checks; rejects with `digest_mismatch`, `model_invalid` or `signature_mismatch`. */
export const loadVersion = async (
  settings: ModelServerSettings,
  store: Pick<BlobStore, 'createDocument'>,
  log: Logger,
  onDeath: (reason: string) => void,
): Promise<LoadedVersion> => {
  const artifact = await openArtifact(settings.artifactDirectory);
  const engine = await startEngine(artifact.model.buffer, settings.limits, onDeath);
  const began = performance.now();
  try {
    const differences = checkSignature(artifact.signature, engine.tensors);
    if (differences.length > 0) throw new SlipwayError('signature_mismatch', differences.join('; '));
    await answerSmokeRows(engine, artifact, settings.limits.requestRows);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const smokeMs = performance.now() - began;
  const version = artifact.artifactDigest.slice('sha256:'.length);
  const { features, prediction } = artifact.signature;
  const { inputs } = engine.tensors;
  log.info({ version, modelDigest: artifact.modelDigest }, 'model is loaded');
  const traffic = createTraffic(artifact.artifactDigest, createRowCounts(features, artifact.reference, inputs));
  const { model, environment, limits } = settings;
  const boot = randomBytes(8).toString('hex');
  let requests = 0;
  const loaded: Loaded = {
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
  return { loaded, artifact, smokeMs };
};
