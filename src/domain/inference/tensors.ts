/** Tensors of the Open Inference Protocol v2. */
export const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
] as const;

export type Datatype = (typeof DATATYPES)[number];

/** Row-major. BOOL is 0 or 1; FP16 are raw half floats; BYTES are UTF-8 texts. */
export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[];

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
  /** Positions that a caller left out (null) where the datatype has no NaN; they hold 0. */
  readonly missing?: readonly number[];
}

/** Bytes per element; BYTES have a length each. */
export const ELEMENT_BYTES: Readonly<Record<Exclude<Datatype, 'BYTES'>, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
};

export const isDatatype = (text: unknown): text is Datatype => (DATATYPES as readonly unknown[]).includes(text);

/** Elements of a shape; undefined where an axis is no whole number from 0 on, or the product is beyond 2^31. */
export const elementCount = (shape: readonly unknown[]): number | undefined => {
  let count = 1;
  for (const axis of shape) {
    if (typeof axis !== 'number' || !Number.isInteger(axis) || axis < 0) return undefined;
    count *= axis;
    if (count > 2 ** 31) return undefined;
  }
  return count;
};

/** An empty array of a datatype with room for `count` elements. */
export const allocate = (datatype: Datatype, count: number): TensorData => {
  switch (datatype) {
    case 'BOOL':
    case 'UINT8':
      return new Uint8Array(count);
    case 'UINT16':
    case 'FP16':
      return new Uint16Array(count);
    case 'UINT32':
      return new Uint32Array(count);
    case 'UINT64':
      return new BigUint64Array(count);
    case 'INT8':
      return new Int8Array(count);
    case 'INT16':
      return new Int16Array(count);
    case 'INT32':
      return new Int32Array(count);
    case 'INT64':
      return new BigInt64Array(count);
    case 'FP32':
      return new Float32Array(count);
    case 'FP64':
      return new Float64Array(count);
    case 'BYTES':
      return new Array<string>(count).fill('');
  }
};
