import { Tensor } from 'onnxruntime-node';
import type { FeatureSpec } from '../../domain/spec/types.js';

type Values = readonly (number | string | null | undefined)[];

/** A column as a tensor of shape [rows, 1]: a missing number is NaN, a missing integer 0, a missing string empty. */
export const toTensor = (feature: FeatureSpec, values: Values, rows: number): Tensor => {
  const shape = [rows, 1];
  const at = (row: number): number | string | null => values[row] ?? null;
  switch (feature.type) {
    case 'string':
      return new Tensor(
        'string',
        Array.from({ length: rows }, (_, row) => String(at(row) ?? '')),
        shape,
      );
    case 'integer':
      return new Tensor(
        'int64',
        BigInt64Array.from({ length: rows }, (_, row) => toInteger(at(row))),
        shape,
      );
    case 'number':
      return new Tensor(
        'float32',
        Float32Array.from({ length: rows }, (_, row) => toNumber(at(row))),
        shape,
      );
  }
};

const toNumber = (value: number | string | null): number =>
  value === null || value === '' ? Number.NaN : Number(value);

const toInteger = (value: number | string | null): bigint => {
  const number = Math.trunc(Number(value));
  return Number.isSafeInteger(number) ? BigInt(number) : 0n;
};
