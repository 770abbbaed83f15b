import { calibrationBin, CALIBRATION_BINS } from './binaryMetrics.js';
import { risingOrder } from './risingOrder.js';

/** False and true positive rate, 0 to 1. */
export type RocPoint = readonly [number, number];

/**
 * The receiver operating characteristic from (0, 0) to (1, 1), a point per distinct prediction from the highest down
 * (sklearn.metrics.roc_curve, `drop_intermediate=False`), thinned evenly to at most `most` points. Empty where there
 * is one class only.
 *
 * @param rising row numbers by rising prediction, where they are known
 */
export const rocCurve = (
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  most: number,
  rising: Uint32Array = risingOrder(predictions),
): readonly RocPoint[] => {
  const order = rising.slice().reverse();
  const points: RocPoint[] = [[0, 0]];
  let [wrong, right] = [0, 0];
  order.forEach((row, position) => {
    if (labels[row] === 1) right += 1;
    else wrong += 1;
    if (predictions[row] !== predictions[order[position + 1] ?? -1]) points.push([wrong, right]);
  });
  if (wrong === 0 || right === 0) return [];
  const kept: readonly RocPoint[] =
    points.length <= most
      ? points
      : Array.from(
          { length: most },
          (_, at): RocPoint => points[Math.round((at * (points.length - 1)) / (most - 1))] ?? [0, 0],
        );
  return kept.map(([x, y]) => [x / wrong, y / right]);
};

export interface CalibrationBin {
  readonly rows: number;
  /** Mean prediction, and share of positives. */
  readonly predicted: number;
  readonly observed: number;
}

/** Ten equal bins of [0, 1], left-closed, 1 in the last; empty ones are left out (sklearn.calibration.calibration_curve, uniform). */
export const calibrationCurve = (
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
): readonly CalibrationBin[] => {
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ rows: 0, predicted: 0, observed: 0 }));
  for (let row = 0; row < predictions.length; row += 1) {
    const prediction = predictions[row] ?? Number.NaN;
    const bin = bins[calibrationBin(prediction)];
    if (bin === undefined) continue;
    bin.rows += 1;
    bin.predicted += prediction;
    bin.observed += labels[row] ?? Number.NaN;
  }
  return bins
    .filter(({ rows }) => rows > 0)
    .map(({ rows, predicted, observed }) => ({ rows, predicted: predicted / rows, observed: observed / rows }));
};

/** Answers at a threshold of 0.5. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

export const confusion = (predictions: ArrayLike<number>, labels: ArrayLike<number>): Confusion => {
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  for (let row = 0; row < predictions.length; row += 1) {
    const said = (predictions[row] ?? Number.NaN) >= 0.5;
    const right = said === (labels[row] === 1);
    counts[said ? (right ? 'truePositives' : 'falsePositives') : right ? 'trueNegatives' : 'falseNegatives'] += 1;
  }
  return counts;
};
