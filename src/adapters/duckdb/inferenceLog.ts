import type { DriftWindow } from '../../domain/drift/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { InferenceLog } from '../../ports/inferenceLog.js';
import { withDatabase } from './database.js';
import { exportLabelled } from './exportLabelled.js';
import { appendBatch } from './labelBatches.js';
import { NO_ROWS, readWindow, tableOf, truthOf } from './readWindow.js';
import { createSegmentCache } from './segmentCache.js';
import { createSegmentIndex } from './segmentIndex.js';
import { firstHour, labelPrefix, listSegments, mayHold, mayLabel, predictionPrefix } from './segments.js';

/**
 * The prediction log and its labels, as Parquet segments in the store, read by DuckDB from `cacheDirectory`: the
 * segments that hold rows of the window, and the labels that can be about them.
 */
export const createDuckdbInferenceLog = (store: BlobStore, cacheDirectory: string): InferenceLog => {
  const cache = createSegmentCache(store, cacheDirectory);
  const index = createSegmentIndex(cache);

  const predictions = async (model: string, environment: string, window: DriftWindow): Promise<readonly string[]> => {
    const keys = await listSegments(store, predictionPrefix(model, environment));
    return index.within(
      keys.filter((key) => mayHold(key, window)),
      window,
    );
  };
  const labels = async (model: string, environment: string, window: DriftWindow): Promise<readonly string[]> => {
    const keys = await listSegments(store, labelPrefix(model, environment));
    return cache.fetch(keys.filter((key) => mayLabel(key, window)));
  };
  const span = async (
    model: string,
    environment: string,
  ): Promise<{ readonly first: number; readonly last: number } | undefined> =>
    index.span(await listSegments(store, predictionPrefix(model, environment)));

  return {
    read: (model, environment, window, features, most) =>
      readable(async () => {
        const files = await predictions(model, environment, window);
        if (files.length === 0) return NO_ROWS;
        const known = await labels(model, environment, window);
        return withDatabase((connection) => readWindow(connection, files, known, window, features, most));
      }),
    newestEventTime: (model, environment) => readable(async () => (await span(model, environment))?.last),
    oldestEventTime: (model, environment) => readable(async () => (await span(model, environment))?.first),
    firstArrival: (model, environment) =>
      readable(async () => firstHour(await listSegments(store, predictionPrefix(model, environment)))),
    exportLabelled: (model, environment, windows, signature, path) =>
      readable(async () => {
        if (windows.length === 0) return { rows: 0 };
        const all = {
          start: Math.min(...windows.map((window) => window.start)),
          end: Math.max(...windows.map((window) => window.end)),
        };
        const files = await predictions(model, environment, all);
        if (files.length === 0) return { rows: 0 };
        const known = await labels(model, environment, all);
        return withDatabase((connection) =>
          exportLabelled(connection, tableOf(files), truthOf(known), windows, signature, path),
        );
      }),
    appendLabels: async (model, environment, batchId, rows) => {
      if (rows.length > 0) await appendBatch(store, cacheDirectory, { model, environment }, batchId, rows);
    },
  };
};

/** What DuckDB says of a segment that it cannot read, in the words of the error table. */
const readable = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SlipwayError) throw cause;
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new SlipwayError('table_invalid', `the prediction log cannot be read: ${reason}`, {}, { cause });
  }
};
