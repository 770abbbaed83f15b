import { MAX_HALF, numberToHalf } from './half.js';
import { parseJson } from './parseJson.js';
import { JsonNumbers, readNumbers } from './readNumbers.js';
import { allocate, type Datatype, type TensorData } from './tensors.js';
import { textOf } from './utf8.js';

export type Decoded =
  | { readonly ok: true; readonly data: TensorData; readonly missing?: readonly number[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Data of a tensor as JSON has it: flat in row-major order, or nested as its shape says. A missing number is null:
 * NaN in floating-point tensors, 0 and remembered in whole-number and boolean ones; a missing text is empty. Ragged nesting, and
 * values that do not fit the datatype, are refused.
 *
 * @param count elements that the shape has
 */
export const decodeJson = (datatype: Datatype, shape: readonly number[], count: number, data: unknown): Decoded => {
  if (data instanceof JsonNumbers) return decodeLifted(datatype, shape, count, data);
  if (!Array.isArray(data)) return refuse('data is no array');
  const flat = flatten(data, shape, count);
  if (typeof flat === 'string') return refuse(flat);
  switch (datatype) {
    case 'FP32':
      return floats(new Float32Array(count), flat);
    case 'FP64':
      return floats(new Float64Array(count), flat);
    case 'BYTES':
      return texts(flat);
    case 'BOOL':
      return booleans(flat);
    case 'INT64':
    case 'UINT64':
      return bigIntegers(datatype, flat);
    case 'FP16':
      return halves(flat);
    default:
      return integers(datatype, flat);
  }
};

/** Numbers that still are bytes of a JSON text. Why they cannot be read is said by who reads the whole text. */
const decodeLifted = (datatype: Datatype, shape: readonly number[], count: number, numbers: JsonNumbers): Decoded => {
  const { bytes, from, until } = numbers;
  // Each number has a comma or a bracket after it: a shape alone must not take memory.
  if (2 * count > until - from) return refuse('data is shorter than its shape');
  if (datatype === 'FP32' || datatype === 'FP64') {
    const data = allocate(datatype, count) as Float32Array | Float64Array;
    return readNumbers(numbers, shape, data) ? { ok: true, data } : refuse('data is not as its shape says');
  }
  try {
    return decodeJson(datatype, shape, count, parseJson(textOf(bytes.subarray(from, until))));
  } catch {
    return refuse('data is no JSON');
  }
};

const refuse = (reason: string): Decoded => ({ ok: false, reason });

const flatten = (data: readonly unknown[], shape: readonly number[], count: number): readonly unknown[] | string => {
  if (!Array.isArray(data[0])) {
    return data.length === count
      ? data
      : `data has ${data.length} values, its shape [${shape.join(', ')}] asks for ${count}`;
  }
  const flat: unknown[] = [];
  return nest(data, shape, 0, flat) && flat.length === count
    ? flat
    : `data is not nested as the shape [${shape.join(', ')}] says`;
};

const nest = (data: unknown, shape: readonly number[], axis: number, flat: unknown[]): boolean => {
  if (!Array.isArray(data) || data.length !== shape[axis]) return false;
  if (axis === shape.length - 1) {
    for (const value of data) flat.push(value);
    return true;
  }
  return data.every((inner) => nest(inner, shape, axis + 1, flat));
};

const floats = (into: Float32Array | Float64Array, flat: readonly unknown[]): Decoded => {
  for (let index = 0; index < flat.length; index += 1) {
    const value = flat[index];
    if (value === null) into[index] = Number.NaN;
    else if (typeof value !== 'number') return refuse(`value ${index} is no number`);
    else {
      into[index] = value;
      // Finite in JSON and beyond the range of FP32; what is infinite already is judged by the signature.
      if (Number.isFinite(value) && !Number.isFinite(into[index])) return refuse(`value ${index} is out of range`);
    }
  }
  return { ok: true, data: into };
};

const halves = (flat: readonly unknown[]): Decoded => {
  const data = new Uint16Array(flat.length);
  for (const [index, value] of flat.entries()) {
    if (value !== null && typeof value !== 'number') return refuse(`value ${index} is no number`);
    if (Number.isFinite(value) && Math.abs(value as number) > MAX_HALF) return refuse(`value ${index} is out of range`);
    data[index] = numberToHalf(value ?? Number.NaN);
  }
  return { ok: true, data };
};

const texts = (flat: readonly unknown[]): Decoded => {
  const data: string[] = [];
  for (const [index, value] of flat.entries()) {
    if (value !== null && typeof value !== 'string') return refuse(`value ${index} is no text`);
    data.push(value ?? '');
  }
  return { ok: true, data };
};

const booleans = (flat: readonly unknown[]): Decoded => {
  const data = new Uint8Array(flat.length);
  const missing: number[] = [];
  for (const [index, value] of flat.entries()) {
    if (value === null) missing.push(index);
    else if (value !== true && value !== false && value !== 0 && value !== 1)
      return refuse(`value ${index} is no boolean`);
    else data[index] = value ? 1 : 0;
  }
  return withMissing(data, missing);
};

const withMissing = (data: TensorData, missing: readonly number[]): Decoded =>
  missing.length === 0 ? { ok: true, data } : { ok: true, data, missing };

const bigIntegers = (datatype: 'INT64' | 'UINT64', flat: readonly unknown[]): Decoded => {
  const data = allocate(datatype, flat.length) as BigInt64Array | BigUint64Array;
  const missing: number[] = [];
  for (const [index, value] of flat.entries()) {
    if (value === null) missing.push(index);
    else if (!Number.isSafeInteger(value)) return refuse(`value ${index} is no whole number within 2^53`);
    else if (datatype === 'UINT64' && (value as number) < 0) return refuse(`value ${index} is out of range`);
    else data[index] = BigInt(value as number);
  }
  return withMissing(data, missing);
};

const integers = (datatype: Datatype, flat: readonly unknown[]): Decoded => {
  const data = allocate(datatype, flat.length) as Int32Array;
  const missing: number[] = [];
  for (const [index, value] of flat.entries()) {
    if (value === null) missing.push(index);
    else if (!Number.isInteger(value)) return refuse(`value ${index} is no whole number`);
    else {
      data[index] = value as number;
      if (data[index] !== value) return refuse(`value ${index} is out of range`);
    }
  }
  return withMissing(data, missing);
};
