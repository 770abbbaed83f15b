import type { FeatureColumn } from '../../domain/inference/featureColumns.js';
import { halfToNumber } from '../../domain/inference/half.js';
import type { Tensor } from '../../domain/inference/tensors.js';

/** Every number of a tensor that is no text, whatever its datatype; FP16 are read. */
export const numbersOf = ({ datatype, data }: Tensor): ArrayLike<number | bigint> =>
  datatype === 'FP16' ? Array.from(data as Uint16Array, halfToNumber) : (data as Float32Array);

/** Rows that a caller left out of a feature, where its datatype cannot say so. */
export const missingRows = ({ missing }: Tensor, { column, width }: FeatureColumn): readonly number[] | undefined =>
  width === 1 ? missing : missing?.filter((at) => at % width === column).map((at) => (at - column) / width);
