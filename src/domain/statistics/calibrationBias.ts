import { CALIBRATION_BINS } from './binaryMetrics.js';
import { blockError } from './blockError.js';
import type { BlockSums } from './blockSums.js';
import { normalCdf } from './distributions.js';

/**
 * By how much the calibration error is too high because noise cannot cancel out: of a perfectly calibrated model it is
 * all noise. Each bin's distance from the diagonal is taken for normal around what is left of it one standard error
 * nearer to the diagonal, and the mean of its absolute value is known (the folded normal distribution, Leone et al.
 * 1961).
 */
export const calibrationBias = ({ blocks, rows, surplus }: BlockSums): number => {
  const total = rows.reduce((sum, value) => sum + value, 0);
  let bias = 0;
  for (let bin = 0; bin < CALIBRATION_BINS; bin += 1) {
    const ofBlock = Array.from({ length: blocks }, (_, block) => surplus[block * CALIBRATION_BINS + bin] ?? 0);
    const sum = ofBlock.reduce((all, value) => all + value, 0);
    const share = sum / total;
    const { error } = blockError(ofBlock.map((value, block) => share - (sum - value) / (total - (rows[block] ?? 0))));
    const likely = Math.max(0, Math.abs(share) - error);
    bias += foldedMean(likely, error) - likely;
  }
  return bias;
};

/** Mean of the absolute value of a normal variable. */
const foldedMean = (mean: number, deviation: number): number =>
  deviation === 0
    ? Math.abs(mean)
    : deviation * Math.sqrt(2 / Math.PI) * Math.exp(-(mean ** 2) / (2 * deviation ** 2)) +
      mean * (1 - 2 * normalCdf(-mean / deviation));
