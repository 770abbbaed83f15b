import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TensorSpec } from '../../domain/artifact/types.js';
import type { ServingLimits } from '../../contract/servingLimits.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import type { BlobStore } from '../../ports/blobStore.js';
import { hourFolder } from './hourFolder.js';
import { buildSegment, type LogEntry, type Segment } from './segment.js';
import { createSegmentEncoder } from './segmentEncoder.js';

export interface PredictionLogStatus {
  /** Rows written to the store. */
  readonly written: number;
  readonly dropped: number;
  /** Rows that the sample left out. */
  readonly sampledOut: number;
  /** Rows that are kept here until the store has taken them. */
  readonly pending: number;
  /** Why the last attempt to write failed; undefined when it did not. */
  readonly problem: string | undefined;
}

export interface PredictionLog {
  /** Never waits and never fails: what finds no room is dropped and counted. */
  append(entry: LogEntry): void;
  status(): PredictionLogStatus;
  /** Writes what is there; gives up after `withinMs` and counts the rest as dropped. */
  close(withinMs: number): Promise<void>;
}

export interface LogTarget {
  readonly store: Pick<BlobStore, 'createDocument'>;
  readonly model: string;
  readonly environment: string;
  readonly version: string;
  readonly features: readonly FeatureSpec[];
  /** The model's, in their order. */
  readonly inputs: readonly TensorSpec[];
}

const HOUR_MS = 3_600_000;
const RETRY_MS = { first: 250, longest: 10_000 };

/** The route of a probe, such as a smoke test. */
export const SYNTHETIC = 'synthetic';

/**
 * A bounded buffer of answered requests (a sample of them, where `logShare` is below 1; probes are always part of it), written to the store as one Parquet segment per so many rows, or so much
 * time, or hour of arrival. Segments are written one after the other, each again until the store has it.
 */
export const createPredictionLog = (target: LogTarget, limits: ServingLimits, random: () => number): PredictionLog => {
  const encoder = createSegmentEncoder();
  const boot = randomBytes(6).toString('hex');
  const builder = (rows: number) => buildSegment(target.version, target.features, target.inputs, rows);
  let gathering = builder(limits.logRows);
  let pending = 0;
  let written = 0;
  let dropped = 0;
  let sampledOut = 0;
  let segments = 0;
  let problem: string | undefined;
  let writing: Promise<void> = Promise.resolve();
  const giveUp = new AbortController();

  const flush = (): void => {
    const { since, rows } = gathering;
    if (since === undefined) return;
    const segment = gathering.finish();
    gathering = builder(limits.logRows);
    segments += 1;
    const key = segmentKey(target, since, `${boot}-${segments}`);
    writing = writing.then(async () => {
      const stored = await write(segment, key).catch((error: unknown) => {
        problem = error instanceof Error ? error.message : String(error);
        return false;
      });
      pending -= rows;
      if (stored) written += rows;
      else dropped += rows;
    });
  };
  const write = async (segment: Segment, key: string): Promise<boolean> => {
    const bytes = await encoder.encode(segment);
    for (let wait = RETRY_MS.first; ; wait = Math.min(wait * 2, RETRY_MS.longest)) {
      try {
        await target.store.createDocument(key, bytes);
        problem = undefined;
        return true;
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
        if (giveUp.signal.aborted) return false;
        await delay(wait, undefined, { signal: giveUp.signal }).catch(() => undefined);
      }
    }
  };
  const timer = setInterval(flush, limits.logEveryMs);
  timer.unref();
  return {
    append: (entry) => {
      if (entry.route !== SYNTHETIC && random() >= limits.logShare) {
        sampledOut += entry.rows;
        return;
      }
      if (pending + entry.rows > limits.logCapacityRows) {
        dropped += entry.rows;
        return;
      }
      const { since } = gathering;
      if (since !== undefined && (hourOf(since) !== hourOf(entry.arrivalTime) || !gathering.fits(entry.rows))) flush();
      if (!gathering.fits(entry.rows)) gathering = builder(entry.rows);
      gathering.add(entry);
      pending += entry.rows;
      if (gathering.rows >= limits.logRows) flush();
    },
    status: () => ({ written, dropped, sampledOut, pending, problem }),
    close: async (withinMs) => {
      clearInterval(timer);
      flush();
      const limit = setTimeout(() => giveUp.abort(), withinMs);
      await Promise.race([writing, new Promise((resolve) => giveUp.signal.addEventListener('abort', resolve))]);
      clearTimeout(limit);
      giveUp.abort();
      // A store that hangs has not taken them: better counted as lost than waited for.
      dropped += pending;
      pending = 0;
      await encoder.close();
    },
  };
};

const hourOf = (arrivalTime: number): number => Math.floor(arrivalTime / HOUR_MS);

const segmentKey = ({ model, environment }: LogTarget, arrivalTime: number, id: string): string =>
  `${hourFolder('inference', model, environment, arrivalTime)}/${String(arrivalTime).padStart(13, '0')}-${id}.parquet`;
