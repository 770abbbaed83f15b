import { halfToNumber } from './half.js';
import type { Tensor } from './tensors.js';

/**
 * One prediction per row: the values as they are, or the second of each two, where a classifier gives the probabilities of
 * both classes. Undefined where there are neither one nor two per row.
 */
export const predictionPerRow = (values: ArrayLike<number>, rows: number): ArrayLike<number> | undefined => {
  if (values.length === rows) return values;
  if (values.length !== 2 * rows) return undefined;
  return Float64Array.from({ length: rows }, (_, row) => values[2 * row + 1]!);
};

/** The predictions in an output of the model; undefined where it has no number for each row. */
export const predictionsOf = ({ datatype, data }: Tensor, rows: number): ArrayLike<number> | undefined => {
  if (datatype === 'FP16') return predictionPerRow(Array.from(data as Uint16Array, halfToNumber), rows);
  return datatype === 'FP32' || datatype === 'FP64' ? predictionPerRow(data as Float32Array, rows) : undefined;
};
