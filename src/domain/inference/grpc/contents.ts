import { allocate, ELEMENT_BYTES, type Datatype } from '../tensors.js';
import {
  BYTES,
  endOfVarint,
  FIXED32,
  FIXED64,
  high32,
  isTrue,
  low32,
  Malformed,
  VARINT,
  walk,
  type Wire,
} from './wire.js';

/** Where a message is within the bytes of a request. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Packed =
  | { readonly kind: 'packed'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'too_large' };

/** Field of InferTensorContents that the values of a datatype are in, and how one of them is written. */
interface Place {
  readonly field: number;
  readonly wire: Wire;
}

const NAMES = ['', 'bool', 'int', 'int64', 'uint', 'uint64', 'fp32', 'fp64', 'bytes'] as const;

/** FP16 has none: the protocol takes it as raw bytes only. */
const PLACES: Readonly<Record<Exclude<Datatype, 'FP16'>, Place>> = {
  BOOL: { field: 1, wire: VARINT },
  INT8: { field: 2, wire: VARINT },
  INT16: { field: 2, wire: VARINT },
  INT32: { field: 2, wire: VARINT },
  INT64: { field: 3, wire: VARINT },
  UINT8: { field: 4, wire: VARINT },
  UINT16: { field: 4, wire: VARINT },
  UINT32: { field: 4, wire: VARINT },
  UINT64: { field: 5, wire: VARINT },
  FP32: { field: 6, wire: FIXED32 },
  FP64: { field: 7, wire: FIXED64 },
  BYTES: { field: 8, wire: BYTES },
};

/**
 * Typed values of a tensor (InferTensorContents) in the binary form that raw ones have already: little-endian, each element
 * of BYTES with its length before it. Twice over the message, first for the size: no value becomes an object.
 *
 * @param most bytes that may come of it: a number of one byte may be one of eight
 */
export const packContents = (bytes: Uint8Array, spans: readonly Span[], datatype: Datatype, most: number): Packed => {
  if (datatype === 'FP16') return { kind: 'refused', reason: 'FP16 is taken in raw_input_contents only' };
  const place = PLACES[datatype];
  let size = 0;
  let other: string | undefined;
  each(bytes, spans, (field, wire, start, end) => {
    if (field !== place.field) {
      if (end > start) other ??= NAMES[field];
    } else if (datatype === 'BYTES') size += 4 + textEnd(wire, end) - start;
    else if (place.wire === VARINT) size += countVarints(bytes, start, end) * ELEMENT_BYTES[datatype];
    else size += end - start;
  });
  if (other !== undefined)
    return { kind: 'refused', reason: `has ${other}_contents, ${datatype} is taken in ${NAMES[place.field]}_contents` };
  if (size > most) return { kind: 'too_large' };
  if (place.wire === VARINT) return packVarints(bytes, spans, place.field, datatype as WholeNumber, size);
  const packed = new Uint8Array(size);
  let at = 0;
  each(bytes, spans, (field, _wire, start, end) => {
    if (field !== place.field) return;
    const length = end - start;
    if (datatype === 'BYTES') {
      packed[at] = length;
      packed[at + 1] = length >>> 8;
      packed[at + 2] = length >>> 16;
      packed[at + 3] = length >>> 24;
      at += 4;
    }
    copy(bytes, start, end, packed, at);
    at += length;
  });
  return { kind: 'packed', bytes: packed };
};

/** For a few bytes a view of them costs more than the bytes. */
const copy = (from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void => {
  if (end - start > 64) to.set(from.subarray(start, end), at);
  else for (let index = start; index < end; index += 1) to[at + index - start] = from[index]!;
};

const each = (
  bytes: Uint8Array,
  spans: readonly Span[],
  visit: (field: number, wire: Wire, start: number, end: number) => void,
): void => {
  for (const { start, end } of spans) walk(bytes, start, end, visit);
};

const textEnd = (wire: Wire, end: number): number => {
  if (wire !== BYTES) throw new Malformed('bytes_contents is no list of texts');
  return end;
};

/** Every number has one byte that is its last. */
const countVarints = (bytes: Uint8Array, start: number, end: number): number => {
  let count = 0;
  let length = 0;
  for (let at = start; at < end; at += 1) {
    length += 1;
    if (bytes[at]! < 128) {
      count += 1;
      length = 0;
    } else if (length === 10) throw new Malformed('it has a number without an end');
  }
  if (length > 0) throw new Malformed('it has a number without an end');
  return count;
};

type WholeNumber = Exclude<Datatype, 'FP16' | 'FP32' | 'FP64' | 'BYTES'>;
type Narrow = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array;

const packVarints = (
  bytes: Uint8Array,
  spans: readonly Span[],
  wanted: number,
  datatype: WholeNumber,
  size: number,
): Packed => {
  const width = ELEMENT_BYTES[datatype];
  // Halves of 64 bits are numbers of 32.
  const values = (width === 8 ? new Uint32Array(size / 4) : allocate(datatype, size / width)) as Narrow;
  const write = width === 8 ? writeWide : datatype === 'BOOL' ? writeBooleans : writeNarrow;
  const isSigned = datatype.startsWith('INT');
  let at = 0;
  each(bytes, spans, (field, _wire, start, end) => {
    if (field === wanted && at >= 0) at = write(values, at, bytes, start, end, isSigned);
  });
  return at < 0
    ? { kind: 'refused', reason: `has a value that is no ${datatype}` }
    : { kind: 'packed', bytes: new Uint8Array(values.buffer) };
};

/** Writes all numbers of a stretch; the next position, or -1 where one is beyond what the datatype holds. */
type Write = (values: Narrow, from: number, bytes: Uint8Array, start: number, end: number, isSigned: boolean) => number;

const writeNarrow: Write = (values, from, bytes, start, end, isSigned) => {
  let next = from;
  for (let at = start; at < end; next += 1) {
    const byte = bytes[at]!;
    const value = byte < 128 ? byte : isSigned ? low32(bytes, at) : low32(bytes, at) >>> 0;
    at = byte < 128 ? at + 1 : endOfVarint(bytes, at, end);
    values[next] = value;
    if (values[next] !== value) return -1;
  }
  return next;
};

const writeWide: Write = (values, from, bytes, start, end) => {
  let next = from;
  for (let at = start; at < end; next += 2) {
    const byte = bytes[at]!;
    values[next] = byte < 128 ? byte : low32(bytes, at);
    if (byte >= 128) values[next + 1] = high32(bytes, at);
    at = byte < 128 ? at + 1 : endOfVarint(bytes, at, end);
  }
  return next;
};

const writeBooleans: Write = (values, from, bytes, start, end) => {
  let next = from;
  for (let at = start; at < end; at = endOfVarint(bytes, at, end), next += 1) values[next] = isTrue(bytes, at) ? 1 : 0;
  return next;
};
