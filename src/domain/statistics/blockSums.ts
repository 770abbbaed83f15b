import { averagePrecisions, rankRows, type RankedRows } from './averagePrecision.js';
import { calibrationBin, CALIBRATION_BINS } from './binaryMetrics.js';
import { constantBrier, skillOver } from './brierSkill.js';
import { risingOrder } from './risingOrder.js';
import { ROW_LOSSES } from './rowLosses.js';
import type { TimeBlocks } from './timeBlocks.js';

/** Everything that the metrics of any weighting of blocks need: rows are looked at once, not once per round. */
export interface BlockSums {
  readonly blocks: number;
  readonly rows: Float64Array;
  readonly positives: Float64Array;
  readonly brier: Float64Array;
  readonly logLoss: Float64Array;
  readonly right: Float64Array;
  readonly said: Float64Array;
  /** Per block and calibration bin: sum of prediction minus label. */
  readonly surplus: Float64Array;
  /** Per block of a positive and block of a negative: pairs that the positive wins, ties half. */
  readonly wins: Float64Array;
  readonly ranked: RankedRows;
  /** Of positives in the training data, NaN where it is not known: what skill is measured against. */
  readonly rate: number;
}

/**
 * @param predictions probabilities; `labels` 0 or 1; both as long as `blocks.index`
 * @param rising row numbers by rising prediction, where they are known
 */
export const blockSums = (
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  { index, starts }: TimeBlocks,
  rate: number = Number.NaN,
  rising: Uint32Array = risingOrder(predictions),
): BlockSums => {
  const blocks = starts.length;
  const column = (): Float64Array => new Float64Array(blocks);
  const sums = {
    blocks,
    rows: column(),
    positives: column(),
    brier: column(),
    logLoss: column(),
    right: column(),
    said: column(),
    surplus: new Float64Array(blocks * CALIBRATION_BINS),
    wins: countWins(rising, predictions, labels, index, blocks),
    ranked: rankRows(rising, predictions, labels, index, blocks),
    rate,
  };
  const add = (sum: Float64Array, at: number, value: number): void => {
    sum[at] = (sum[at] ?? 0) + value;
  };
  for (let row = 0; row < index.length; row += 1) {
    const block = index[row] ?? 0;
    const prediction = predictions[row] ?? Number.NaN;
    const label = labels[row] ?? Number.NaN;
    const said = prediction >= 0.5 ? 1 : 0;
    const bin = calibrationBin(prediction);
    add(sums.rows, block, 1);
    add(sums.positives, block, label);
    add(sums.brier, block, ROW_LOSSES.brier(prediction, label));
    add(sums.logLoss, block, ROW_LOSSES.log_loss(prediction, label));
    add(sums.right, block, said === label ? 1 : 0);
    add(sums.said, block, said);
    add(sums.surplus, block * CALIBRATION_BINS + bin, prediction - label);
  }
  return sums;
};

/** One walk through the rows by rising prediction; rows of one prediction are seen together. */
const countWins = (
  order: Uint32Array,
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  index: Int32Array,
  blocks: number,
): Float64Array => {
  const wins = new Float64Array(blocks * blocks);
  const below = new Float64Array(blocks);
  const tied = new Float64Array(blocks);
  for (let from = 0; from < order.length;) {
    const value = predictions[order[from] ?? 0];
    let to = from;
    for (; to < order.length && predictions[order[to] ?? 0] === value; to += 1) {
      const row = order[to] ?? 0;
      if (labels[row] !== 1) tied[index[row] ?? 0] = (tied[index[row] ?? 0] ?? 0) + 1;
    }
    for (let at = from; at < to; at += 1) {
      const row = order[at] ?? 0;
      if (labels[row] !== 1) continue;
      const own = (index[row] ?? 0) * blocks;
      for (let other = 0; other < blocks; other += 1)
        wins[own + other] = (wins[own + other] ?? 0) + (below[other] ?? 0) + (tied[other] ?? 0) / 2;
    }
    for (let other = 0; other < blocks; other += 1) below[other] = (below[other] ?? 0) + (tied[other] ?? 0);
    tied.fill(0);
    from = to;
  }
  return wins;
};

/**
 * All metrics, in the order of `METRIC_NAMES`, of rows that count as often as their block's weight says: one list per
 * weighting.
 */
export const weightedMetrics = (
  sums: BlockSums,
  weightings: readonly ArrayLike<number>[],
): readonly (readonly number[])[] => {
  const precisions = averagePrecisions(sums.ranked, weightings);
  return weightings.map((weights, at) => weighted(sums, weights, precisions[at] ?? Number.NaN));
};

const weighted = (sums: BlockSums, weights: ArrayLike<number>, precision: number): readonly number[] => {
  const total = (values: Float64Array): number => {
    let sum = 0;
    for (let block = 0; block < sums.blocks; block += 1) sum += (values[block] ?? 0) * (weights[block] ?? 0);
    return sum;
  };
  const rows = total(sums.rows);
  const positives = total(sums.positives);
  const brier = total(sums.brier) / rows;
  return [
    brier,
    skillOver(brier, constantBrier(sums.rate, positives / rows)),
    total(sums.logLoss) / rows,
    weightedAuc(sums, weights, rows, positives),
    precision,
    total(sums.right) / rows,
    weightedCalibrationError(sums, weights) / rows,
    total(sums.said) / rows,
  ];
};

const weightedAuc = (
  { blocks, wins }: BlockSums,
  weights: ArrayLike<number>,
  rows: number,
  positives: number,
): number => {
  let won = 0;
  for (let block = 0; block < blocks; block += 1) {
    const weight = weights[block] ?? 0;
    if (weight === 0) continue;
    let inner = 0;
    for (let other = 0; other < blocks; other += 1)
      inner += (wins[block * blocks + other] ?? 0) * (weights[other] ?? 0);
    won += weight * inner;
  }
  return won / (positives * (rows - positives));
};

const weightedCalibrationError = ({ blocks, surplus }: BlockSums, weights: ArrayLike<number>): number => {
  let error = 0;
  for (let bin = 0; bin < CALIBRATION_BINS; bin += 1) {
    let sum = 0;
    for (let block = 0; block < blocks; block += 1)
      sum += (surplus[block * CALIBRATION_BINS + bin] ?? 0) * (weights[block] ?? 0);
    error += Math.abs(sum);
  }
  return error;
};
