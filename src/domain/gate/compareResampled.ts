import { METRICS, type PairedMetric } from '../spec/metrics.js';
import { metricInterval } from '../statistics/blockBootstrap.js';
import {
  judgeDifference,
  uncomparable,
  type BlockUnit,
  type PairedComparison,
  type PairedTest,
} from './judgeDifference.js';
import type { Resampled } from './types.js';

/**
 * The same question of a metric that is no sum over rows, like an area under a curve: both models are measured on the
 * same drawn blocks, round by round, and their difference has the standard error of the rounds.
 */
export const compareResampled = (
  metric: PairedMetric,
  { blocks, difference: estimates = {} }: Resampled,
  asked: PairedTest,
  unit: BlockUnit,
): PairedComparison => {
  const refused = uncomparable(asked, blocks, unit);
  if (refused !== undefined) return refused;
  const estimate = estimates[metric];
  if (estimate === undefined)
    return { verdict: 'insufficient_data', reason: 'cannot be computed in nearly every round of drawn blocks' };
  const interval = metricInterval(estimate, asked.confidence);
  if (!interval.every(Number.isFinite)) return { verdict: 'error', reason: 'its interval is no number' };
  const { better = 'less' } = METRICS[metric];
  return judgeDifference({ difference: estimate.value, interval }, asked, `${blocks} ${unit}`, better);
};
