import { ELEMENT_BYTES, type Datatype, type TensorData } from '../../domain/inference/tensors.js';

/** Elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1);

/** Room of a tensor in the shared buffer, padded to eight bytes; BYTES travel beside it. */
export const bytesOf = (datatype: Datatype, shape: readonly number[]): number =>
  datatype === 'BYTES' ? 0 : Math.ceil((sizeOf(shape) * ELEMENT_BYTES[datatype]) / 8) * 8;

/** A tensor's elements where they lie in the buffer. */
export const viewOf = (
  datatype: Exclude<Datatype, 'BYTES'>,
  buffer: ArrayBuffer,
  offset: number,
  length: number,
): Exclude<TensorData, string[]> => new ARRAYS[datatype](buffer, offset, length);

const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;
