import type { TensorSpec } from '../artifact/types.js';
import { isDatatype, type Datatype } from './tensors.js';

/** ONNX Runtime's names of element types, and the protocol's. What is left out (4-bit numbers) the protocol has no word for. */
const DATATYPES: Readonly<Record<string, Datatype>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

/** What ONNX Runtime says of one input or output. */
export type ValueMetadata =
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    }
  | { readonly name: string; readonly isTensor: false };

/** In the protocol's words; an element type that it has no word for keeps its own name. */
export const describeValue = (value: ValueMetadata): TensorSpec =>
  value.isTensor
    ? {
        name: value.name,
        datatype: DATATYPES[value.type] ?? value.type,
        shape: value.shape.map((axis) => (typeof axis === 'number' && axis >= 0 ? axis : -1)),
      }
    : { name: value.name, datatype: 'not a tensor', shape: [] };

/** ONNX Runtime's name of a datatype. */
export const onnxTypeOf = (datatype: Datatype): string =>
  Object.keys(DATATYPES).find((type) => DATATYPES[type] === datatype)!;

/** Whether the protocol can carry it. */
export const isServable = (spec: TensorSpec): spec is TensorSpec & { readonly datatype: Datatype } =>
  isDatatype(spec.datatype);
