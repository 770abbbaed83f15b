import { Tensor } from 'onnxruntime-node';
import type { TensorSpec } from '../../domain/artifact/types.js';
import { featureColumns, type FeatureColumn } from '../../domain/inference/featureColumns.js';
import { numberToHalf } from '../../domain/inference/half.js';
import { onnxTypeOf } from '../../domain/inference/onnxTypes.js';
import { allocate, type Datatype } from '../../domain/inference/tensors.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import { cellNumber, type Cell } from '../../domain/table/cell.js';
import type { FeatureColumns } from '../../ports/inferenceRunner.js';

/**
 * Rows [from, to) as the tensors that the model takes: a missing number is NaN, a missing whole number 0, a missing string
 * empty.
 */
export const toFeeds = (
  features: readonly FeatureSpec[],
  inputs: readonly TensorSpec[],
  columns: FeatureColumns,
  from: number,
  to: number,
): Record<string, Tensor> => {
  const places = featureColumns(features, inputs);
  return Object.fromEntries(
    inputs.map((spec, input) => {
      const own = places.filter((place) => place.input === input);
      const values = own.map(({ feature }) => (columns[feature.name] ?? []).slice(from, to));
      return [spec.name, toTensor(spec.datatype as Datatype, own, values, to - from)];
    }),
  );
};

const toTensor = (
  datatype: Datatype,
  places: readonly FeatureColumn[],
  values: readonly (readonly (Cell | undefined)[])[],
  rows: number,
): Tensor => {
  const convert = CONVERTED[datatype] ?? wholeNumber;
  const data = allocate(datatype, rows * places.length) as unknown[];
  for (const { column, width } of places)
    for (let row = 0; row < rows; row += 1) data[row * width + column] = convert(values[column]?.[row] ?? null);
  return new Tensor(onnxTypeOf(datatype) as 'float32', data as unknown as Float32Array, [rows, places.length]);
};

const toInteger = (value: Cell): bigint => {
  const number = Math.trunc(cellNumber(value));
  return Number.isSafeInteger(number) ? BigInt(number) : 0n;
};

const wholeNumber = (value: Cell): number => Number(toInteger(value));

const CONVERTED: Partial<Record<Datatype, (value: Cell) => unknown>> = {
  BYTES: (value) => String(value ?? ''),
  INT64: toInteger,
  UINT64: toInteger,
  FP32: cellNumber,
  FP64: cellNumber,
  FP16: (value) => numberToHalf(cellNumber(value)),
};
