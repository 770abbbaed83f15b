import type { Verdict } from '../gate/types.js';
import type { QualitySpec } from '../spec/analysisMetrics.js';
import { normalQuantile } from '../statistics/distributions.js';
import { LOG_LOSS_CLIP } from '../statistics/rowLosses.js';
import { uniformLevel } from '../statistics/uniformLevel.js';
import type { MetricMeasurement } from './judgeMetric.js';
import type { MetricReading } from './metricReading.js';

/** What a version lost on its labelled rows of the interval: the mean, and the square of its standard error; of so many rows. */
export interface QualityReadings {
  readonly mean: MetricReading;
  readonly variance: MetricReading;
}

/**
 * Realised quality of candidate and champion, of different requests of the same interval: the difference of their mean
 * losses, in units of the metric. It fails where the difference is above the limit by more than noise can explain at any
 * look, and may be noise (`inconclusive`) above it. Fewer labels than asked for say nothing.
 *
 * @param alpha chance that any look at a candidate within its limit finds it beyond
 */
export const judgeQuality = (
  { metric, maxIncrease: limit, minLabels }: QualitySpec,
  candidate: QualityReadings,
  champion: QualityReadings,
  alpha: number,
): MetricMeasurement => {
  const about = { name: `quality.${metric}`, limit };
  const none = (verdict: Verdict, reason: string): MetricMeasurement => ({ ...about, value: 0, verdict, reason });
  for (const [role, readings] of [
    ['candidate', candidate],
    ['champion', champion],
  ] as const)
    for (const reading of [readings.mean, readings.variance]) {
      if (reading.kind !== 'value') return none(reading.kind, `${role}: ${reading.reason}`);
      const { samples = 0 } = reading;
      if (samples < minLabels) return none('insufficient_data', `${role}: ${samples} of ${minLabels} labels`);
    }
  const value = numberOf(candidate.mean) - numberOf(champion.mean);
  const reach = reachOf(candidate, champion, alpha, minLabels);
  return { ...about, value, verdict: value - reach > limit ? 'fail' : value > limit ? 'inconclusive' : 'pass' };
};

/**
 * How far a difference of means may be from the truth, to one side, at all looks together; narrowest at the first that may
 * judge. Both versions get rows at shares that stay: those of the candidate count for how far it has come.
 */
const reachOf = (candidate: QualityReadings, champion: QualityReadings, alpha: number, minLabels: number): number => {
  const error = Math.sqrt(numberOf(candidate.variance) + numberOf(champion.variance));
  const samples = candidate.mean.kind === 'value' ? (candidate.mean.samples ?? minLabels) : minLabels;
  return error === 0 ? 0 : -normalQuantile(uniformLevel(samples, alpha, minLabels)) * error;
};

const numberOf = (reading: MetricReading): number => (reading.kind === 'value' ? reading.value : Number.NaN);

const CLIPPED = `greatest(least(prediction, 1 - ${LOG_LOSS_CLIP}), ${LOG_LOSS_CLIP})`;

/** As `ROW_LOSSES` computes them. */
const LOSSES: Readonly<Record<QualitySpec['metric'], string>> = {
  brier: '(prediction - label) ** 2',
  log_loss: `CASE WHEN label = 1 THEN -ln(${CLIPPED}) ELSE -ln(1 - ${CLIPPED}) END`,
};

/**
 * What is asked of the prediction log. Rows of one request are alike: requests are the sample, and the variance of the mean
 * is that of a ratio estimator over them.
 */
export const qualityQueries = (metric: QualitySpec['metric']): Readonly<Record<keyof QualityReadings, string>> => {
  const losses = `WITH lost AS (
    SELECT split_part(prediction_id, '#', 1) AS request, CAST(${LOSSES[metric]} AS DOUBLE) AS loss
    FROM predictions WHERE version = {{version}} AND label IS NOT NULL)`;
  return {
    mean: `${losses} SELECT avg(loss) AS value, count(*) AS samples FROM lost`,
    variance: `${losses}, requests AS (
      SELECT sum(loss - (SELECT avg(loss) FROM lost)) AS off, count(*) AS n FROM lost GROUP BY request)
      SELECT sum(off ** 2) / sum(n) ** 2 * count(*) / nullif(count(*) - 1, 0) AS value, CAST(sum(n) AS BIGINT) AS samples
      FROM requests`,
  };
};
