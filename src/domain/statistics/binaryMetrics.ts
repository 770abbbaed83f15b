import type { MetricName } from '../spec/metrics.js';
import { averagePrecisions, rankRows } from './averagePrecision.js';
import { areProbabilities } from './probabilities.js';
import { risingOrder } from './risingOrder.js';
import { ROW_LOSSES, type RowLoss } from './rowLosses.js';

export const CALIBRATION_BINS = 10;

/** Number of the bin of a probability: equal bins of [0, 1], left-closed, 1 in the last. */
export const calibrationBin = (prediction: number): number =>
  Math.min(CALIBRATION_BINS - 1, Math.floor(prediction * CALIBRATION_BINS));

/**
 * Metrics of probabilities against labels of 0 and 1. Closed by default: without rows, with lengths that differ,
 * or where one value is no probability or no label, there is no metric at all; of one class there is no
 * area under a curve.
 *
 * - `brier`: mean squared difference (sklearn.metrics.brier_score_loss)
 * - `log_loss`: mean of -ln of the probability of what happened, clipped at 1e-15 (sklearn.metrics.log_loss)
 * - `roc_auc`: probability that a positive ranks above a negative, ties count half (sklearn.metrics.roc_auc_score)
 * - `pr_auc`: area under the precision-recall curve by steps (sklearn.metrics.average_precision_score)
 * - `accuracy`: share of right answers, where 0.5 and above says positive
 * - `calibration_error`: sum over ten equal bins of [0, 1], left-closed, 1 in the last, of the bin's share times
 *   |mean prediction - share of positives| (expected calibration error, Naeini et al. 2015)
 * - `positive_rate`: share of answers that say positive
 *
 * @param rising row numbers by rising prediction, where they are known
 * @example binaryMetrics([0.9, 0.2], [1, 0]).brier // 0.025
 */
export const binaryMetrics = (
  predictions: readonly number[],
  labels: readonly number[],
  rising?: Uint32Array,
): Readonly<Partial<Record<MetricName, number>>> => {
  const rows = predictions.length;
  if (rows === 0 || rows !== labels.length) return {};
  if (!areProbabilities(predictions)) return {};
  if (!labels.every((label) => label === 0 || label === 1)) return {};
  const positives = labels.reduce<number>((sum, label) => sum + label, 0);
  const said = predictions.map((value) => (value >= 0.5 ? 1 : 0));
  const right = said.reduce<number>((sum, answer, row) => sum + (answer === labels[row] ? 1 : 0), 0);
  return {
    brier: meanLoss(ROW_LOSSES.brier, predictions, labels),
    log_loss: meanLoss(ROW_LOSSES.log_loss, predictions, labels),
    ...(positives > 0 && positives < rows
      ? areas(rising ?? risingOrder(predictions), predictions, labels, positives)
      : {}),
    accuracy: right / rows,
    calibration_error: calibrationError(predictions, labels),
    positive_rate: said.reduce<number>((sum, answer) => sum + answer, 0) / rows,
  };
};

const meanLoss = (loss: RowLoss, predictions: readonly number[], labels: readonly number[]): number =>
  predictions.reduce((sum, value, row) => sum + loss(value, labels[row] ?? 0), 0) / predictions.length;

const areas = (order: Uint32Array, predictions: readonly number[], labels: readonly number[], positives: number) => {
  const ranked = rankRows(order, predictions, labels, new Int32Array(predictions.length), 1);
  return {
    roc_auc: rocAuc(order, predictions, labels, positives),
    pr_auc: averagePrecisions(ranked, [[1]])[0] ?? Number.NaN,
  };
};

/** By the rank sum of the positives (Mann-Whitney), tied predictions share their mean rank. */
const rocAuc = (
  order: Uint32Array,
  predictions: readonly number[],
  labels: readonly number[],
  positives: number,
): number => {
  let rankSum = 0;
  for (let from = 0; from < order.length;) {
    const value = predictions[order[from] ?? 0];
    let to = from;
    let tied = 0;
    for (; to < order.length && predictions[order[to] ?? 0] === value; to += 1) tied += labels[order[to] ?? 0] ?? 0;
    rankSum += (tied * (from + 1 + to)) / 2;
    from = to;
  }
  const negatives = predictions.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
};

const calibrationError = (predictions: readonly number[], labels: readonly number[]): number => {
  const surplus = new Array<number>(CALIBRATION_BINS).fill(0);
  predictions.forEach((value, row) => {
    const bin = calibrationBin(value);
    surplus[bin] = (surplus[bin] ?? 0) + value - (labels[row] ?? 0);
  });
  return surplus.reduce((sum, difference) => sum + Math.abs(difference), 0) / predictions.length;
};
