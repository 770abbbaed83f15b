import { Tensor } from 'onnxruntime-node';
import type { FeatureSpec } from '../../domain/spec/types.js';
import { cellNumber, type Cell } from '../../domain/table/cell.js';

type Values = readonly (Cell | undefined)[];

/** A column as a tensor of shape [rows, 1]: a missing number is NaN, a missing integer 0, a missing string empty. */
export const toTensor = (feature: FeatureSpec, values: Values, rows: number): Tensor => {
  const shape = [rows, 1];
  const at = (row: number): Cell => values[row] ?? null;
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
        Float32Array.from({ length: rows }, (_, row) => cellNumber(at(row))),
        shape,
      );
  }
};

const toInteger = (value: Cell): bigint => {
  const number = Math.trunc(cellNumber(value));
  return Number.isSafeInteger(number) ? BigInt(number) : 0n;
};
