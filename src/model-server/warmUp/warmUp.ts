import { createBodyRoom } from '../http/bodyRoom.js';
import type { Loaded, LoadedVersion } from '../loaded.js';
import { createMetrics } from '../metrics.js';
import type { PredictionLog } from '../record/predictionLog.js';
import { createRowCounts } from '../record/rowCounts.js';
import { buildSegment } from '../record/segment.js';
import { createTraffic } from '../record/traffic.js';
import type { ModelServerSettings } from '../settings.js';
import { rehearse, type Rehearsed } from './rehearse.js';
import { smokeRequests } from './smokeRequests.js';

/**
 * Whichever comes first. A start from zero waits for this: the rounds take a quarter of a second on an idle core. By time alone a
 * server that starts on a busy machine would get none of it, and that is where a candidate is compared.
 */
const WARM_UP = { rounds: 100, ms: 500 };
const LOG_ROWS = 1_024;

/**
 * Requests of the artifact's smoke rows through the whole server before the first caller. They leave no trace: counters,
 * counts, log and metrics are others, which nobody reads, and the engine forgets what it ran. A model that is slow
 * has had its share of the time with the rows that it had to answer to be loaded.
 */
export const warmUp = async (
  settings: ModelServerSettings,
  { loaded, artifact, smokeMs }: LoadedVersion,
): Promise<Rehearsed> => {
  const { engine } = loaded;
  const { features } = artifact.signature;
  const stage = withoutRecord(loaded, artifact);
  const rehearsed = await rehearse(
    {
      settings,
      loaded: () => stage,
      ready: () => true,
      metrics: createMetrics(settings, () => stage),
      room: createBodyRoom(settings.limits.bodiesBytes),
    },
    smokeRequests(artifact.smoke, features, engine.tensors, settings.limits.requestRows),
    { rounds: WARM_UP.rounds, until: performance.now() + WARM_UP.ms - smokeMs },
  );
  engine.forget();
  return rehearsed;
};

/** The version with records of its own. What is named here is all that a request may change. */
const withoutRecord = (
  { version, artifactDigest, modelDigest, prediction, engine, checks, counts }: Loaded,
  { signature, reference }: LoadedVersion['artifact'],
): Loaded => {
  const { inputs } = engine.tensors;
  return {
    ...{ version, artifactDigest, modelDigest, prediction, engine, checks, counts },
    traffic: createTraffic(artifactDigest, createRowCounts(signature.features, reference, inputs)),
    log: logOfNothing(() => buildSegment(version, signature.features, inputs, LOG_ROWS)),
    nextRequestId: () => 'warm-up',
  };
};

/** Gathers rows as the prediction log does, and drops them where that one would write them. */
const logOfNothing = (builder: () => ReturnType<typeof buildSegment>): PredictionLog => {
  let gathering = builder();
  return {
    append: (entry) => {
      if (!gathering.fits(entry.rows)) gathering = builder();
      gathering.add(entry);
    },
    status: () => ({ written: 0, dropped: 0, sampledOut: 0, pending: 0, problem: undefined }),
    close: async () => undefined,
  };
};
