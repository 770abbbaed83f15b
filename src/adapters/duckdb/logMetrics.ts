import type { SqlQuery } from '../../domain/spec/analysisMetrics.js';
import { unreadable } from '../../domain/rollout/metricReading.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { MetricQuestion, MetricSource } from '../../ports/metricSource.js';
import { askInProcess } from './metricProcess.js';
import { createSegmentCache } from './segmentCache.js';
import { createSegmentIndex } from './segmentIndex.js';
import { labelPrefix, listSegments, mayHold, mayLabel, predictionPrefix } from './segments.js';

export interface LogMetricsOptions {
  /** Where segments are kept; may be that of the inference log. */
  readonly cacheDirectory: string;
  /** Where processes have their empty folders. */
  readonly scratch?: string;
}

/** Queries over what the prediction log and its labels say of an interval, by time of arrival. */
export const createLogMetrics = (store: BlobStore, options: LogMetricsOptions): MetricSource<SqlQuery> => {
  const cache = createSegmentCache(store, options.cacheDirectory);
  const index = createSegmentIndex(cache);

  /** Labels of these rows; when they happened, replayed rows say themselves. */
  const labelsOf = async (
    { model, environment }: MetricQuestion<SqlQuery>,
    keys: readonly string[],
  ): Promise<readonly string[]> => {
    const span = await index.span(keys);
    if (span === undefined) return [];
    const known = await listSegments(store, labelPrefix(model, environment));
    return cache.fetch(known.filter((key) => mayLabel(key, { start: span.first, end: span.last })));
  };

  return {
    ask: async (question, signal) => {
      const { query, model, environment, since, until, versions, timeoutMs } = question;
      try {
        const all = await listSegments(store, predictionPrefix(model, environment));
        // Filed by hour of arrival, which is what is asked about.
        const keys = all.filter((key) => mayHold(key, { start: since, end: until }));
        if (keys.length === 0)
          return versions.map(() => ({ kind: 'insufficient_data', reason: 'nothing was logged yet' }));
        const labels = await labelsOf(question, keys);
        const files = await cache.fetch(keys);
        signal.throwIfAborted();
        return await askInProcess(
          { sql: query.query, model, environment, since, until, versions, files, labels },
          timeoutMs,
          signal,
          options.scratch,
        );
      } catch (error) {
        signal.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        return versions.map(() => unreadable(`the prediction log cannot be read: ${why}`));
      }
    },
  };
};
