import { isFenceNumber } from './acceptEpoch.js';
import { noTraffic } from './noTraffic.js';
import { isCount, isDigest, isRecord, MOST_VERSIONS } from './told.js';
import type { Fence, TrafficCounters } from './types.js';

export type ReadTraffic =
  | {
      readonly kind: 'traffic';
      readonly since: Fence;
      readonly acceptedAt?: number;
      readonly counters: readonly TrafficCounters[];
    }
  | { readonly kind: 'invalid'; readonly reason: string };

/** An answer of a program to `measure`. Histograms that it does not keep are empty, and nothing is concluded from them. */
export const readTraffic = (body: unknown): ReadTraffic => {
  if (!isRecord(body)) return { kind: 'invalid', reason: 'the answer is no object' };
  const { since, acceptedAt, counters } = body;
  const mistakes: string[] = [];
  if (!isRecord(since) || !isFenceNumber(since['epoch']) || !isFenceNumber(since['seq']))
    mistakes.push('since is no {epoch, seq}');
  if (acceptedAt !== undefined && !isCount(acceptedAt)) mistakes.push('acceptedAt is no time in milliseconds');
  if (!Array.isArray(counters) || counters.length > MOST_VERSIONS) mistakes.push('counters is no short list');
  else mistakes.push(...counters.flatMap(counterMistakes));
  if (mistakes.length > 0) return { kind: 'invalid', reason: mistakes.join('; ') };
  const { epoch, seq } = since as unknown as Fence;
  return {
    kind: 'traffic',
    since: { epoch, seq },
    ...(acceptedAt === undefined ? {} : { acceptedAt: acceptedAt as number }),
    counters: (counters as readonly TrafficCounters[]).map(toCounters),
  };
};

/** Counters of one version as its own server tells them; undefined: it says something else. */
export const readCounted = (counted: unknown): TrafficCounters | undefined =>
  counterMistakes(counted, 0).length > 0 ? undefined : toCounters(counted as TrafficCounters);

const toCounters = (told: TrafficCounters): TrafficCounters => {
  const none = noTraffic(told.artifactDigest);
  return {
    artifactDigest: told.artifactDigest,
    requests: told.requests,
    failures: told.failures,
    ...(told.refused === undefined ? {} : { refused: told.refused }),
    ...(told.ejections === undefined ? {} : { ejections: told.ejections }),
    ...(told.restarts === undefined ? {} : { restarts: told.restarts }),
    ...(told.droppedCopies === undefined ? {} : { droppedCopies: told.droppedCopies }),
    rows: told.rows ?? none.rows,
    latency: told.latency ?? none.latency,
    predictions: told.predictions ?? none.predictions,
    features: told.features ?? none.features,
  };
};

const COUNTS = ['requests', 'failures'] as const;
const OPTIONAL_COUNTS = ['refused', 'ejections', 'restarts', 'droppedCopies', 'rows'] as const;

const counterMistakes = (counter: unknown, index: number): readonly string[] => {
  if (!isRecord(counter)) return [`counter ${index} is no object`];
  const { artifactDigest, requests, failures, latency, predictions, features } = counter;
  const wrong: readonly (string | false)[] = [
    !isDigest(artifactDigest) && 'has no digest',
    ...COUNTS.map((key) => !isCount(counter[key]) && `has no number of ${key}`),
    ...OPTIONAL_COUNTS.map((key) => counter[key] !== undefined && !isCount(counter[key]) && `has no number of ${key}`),
    isCount(requests) && isCount(failures) && failures > requests && 'has more failures than requests',
    latency !== undefined && !isHistogram(latency, LATENCY_BINS) && `has no ${LATENCY_BINS} counts of latency`,
    predictions !== undefined &&
      !isHistogram(predictions, PREDICTION_BINS) &&
      `has no ${PREDICTION_BINS} counts of predictions`,
    features !== undefined &&
      !(isRecord(features) && Object.values(features).every((one) => isHistogram(one))) &&
      'has no counts of features',
  ];
  return wrong.filter((one) => one !== false).map((one) => `counter ${index} ${one}`);
};

const { latency, predictions } = noTraffic(`sha256:${'0'.repeat(64)}`);
const LATENCY_BINS = latency.length;
const PREDICTION_BINS = predictions.length;

const isHistogram = (value: unknown, bins?: number): boolean =>
  Array.isArray(value) && value.every(isCount) && (bins === undefined || value.length === bins);
