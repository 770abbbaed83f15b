import { judgeQuality, qualityQueries } from '../src/domain/rollout/judgeQuality.js';
import { unreadable, type MetricReading } from '../src/domain/rollout/metricReading.js';
import type { MetricMeasurement } from '../src/domain/rollout/judgeMetric.js';
import type { SqlQuery } from '../src/domain/spec/analysisMetrics.js';
import type { MetricQuestion } from '../src/ports/metricSource.js';
import type { MeasuredStep } from './measuredStep.js';
import type { Ports } from './ports.js';

const WITHIN_MS = 60_000;

/**
 * What candidate and champion were worth on the labelled rows of a step's interval. Labels often come later than a step
 * lasts: too few of them do not hold it up unless its spec says so.
 *
 * @param versions candidate and champion; nothing is measured without the latter
 */
export const measureQuality = async (
  ports: Ports,
  { model, environment, analysis: { quality }, chance }: MeasuredStep,
  about: Pick<MetricQuestion<SqlQuery>, 'since' | 'until' | 'versions'>,
  signal: AbortSignal,
): Promise<{ readonly counted: readonly MetricMeasurement[]; readonly shown: readonly MetricMeasurement[] }> => {
  if (quality === undefined || about.versions.length < 2) return { counted: [], shown: [] };
  const ask = (query: string): Promise<readonly MetricReading[]> =>
    ports.metrics.sql.ask(
      { model, environment, ...about, query: { kind: 'sql', query }, timeoutMs: WITHIN_MS },
      signal,
    );
  const queries = qualityQueries(quality.metric);
  const [means, variances] = [await ask(queries.mean), await ask(queries.variance)];
  const of = (index: number) => ({
    mean: means[index] ?? unreadable('nothing was answered'),
    variance: variances[index] ?? unreadable('nothing was answered'),
  });
  const measurement = judgeQuality(quality, of(0), of(1), chance);
  return measurement.verdict === 'insufficient_data' && !quality.required
    ? { counted: [], shown: [measurement] }
    : { counted: [measurement], shown: [] };
};
