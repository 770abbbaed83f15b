import { ELEMENT_BYTES, type Datatype } from '../tensors.js';
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
  const packed = new Uint8Array(size);
  const writer = { view: new DataView(packed.buffer), at: 0, beyond: false };
  each(bytes, spans, (field, _wire, start, end) => {
    if (field !== place.field) return;
    if (place.wire === VARINT) return writeVarints(writer, bytes, start, end, datatype as WholeNumber);
    if (datatype === 'BYTES') {
      writer.view.setUint32(writer.at, end - start, true);
      writer.at += 4;
    }
    packed.set(bytes.subarray(start, end), writer.at);
    writer.at += end - start;
  });
  return writer.beyond
    ? { kind: 'refused', reason: `has a value that is no ${datatype}` }
    : { kind: 'packed', bytes: packed };
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

const countVarints = (bytes: Uint8Array, start: number, end: number): number => {
  let count = 0;
  for (let at = start; at < end; at = endOfVarint(bytes, at, end)) count += 1;
  return count;
};

type WholeNumber = Exclude<Datatype, 'FP16' | 'FP32' | 'FP64' | 'BYTES'>;

interface Writer {
  readonly view: DataView;
  at: number;
  /** A value does not fit into its datatype. */
  beyond: boolean;
}

const writeVarints = (writer: Writer, bytes: Uint8Array, start: number, end: number, datatype: WholeNumber): void => {
  for (let at = start; at < end; at = endOfVarint(bytes, at, end)) {
    if (!WRITERS[datatype](writer.view, writer.at, bytes, at)) writer.beyond = true;
    writer.at += ELEMENT_BYTES[datatype];
  }
};

/** Writes one value; false where it is beyond what the datatype holds. */
type Write = (view: DataView, to: number, bytes: Uint8Array, at: number) => boolean;

const signedWrite =
  (set: (view: DataView, to: number, value: number) => void, bits: number): Write =>
  (view, to, bytes, at) => {
    const value = low32(bytes, at);
    set(view, to, value);
    return (value << (32 - bits)) >> (32 - bits) === value;
  };

const unsignedWrite =
  (set: (view: DataView, to: number, value: number) => void, bits: number): Write =>
  (view, to, bytes, at) => {
    const value = low32(bytes, at) >>> 0;
    set(view, to, value);
    return value <= 0xffff_ffff >>> (32 - bits);
  };

const wide: Write = (view, to, bytes, at) => {
  view.setUint32(to, low32(bytes, at), true);
  view.setUint32(to + 4, high32(bytes, at), true);
  return true;
};

const WRITERS: Readonly<Record<WholeNumber, Write>> = {
  BOOL: (view, to, bytes, at) => {
    view.setUint8(to, isTrue(bytes, at) ? 1 : 0);
    return true;
  },
  INT8: signedWrite((view, to, value) => view.setInt8(to, value), 8),
  INT16: signedWrite((view, to, value) => view.setInt16(to, value, true), 16),
  INT32: signedWrite((view, to, value) => view.setInt32(to, value, true), 32),
  INT64: wide,
  UINT8: unsignedWrite((view, to, value) => view.setUint8(to, value), 8),
  UINT16: unsignedWrite((view, to, value) => view.setUint16(to, value, true), 16),
  UINT32: unsignedWrite((view, to, value) => view.setUint32(to, value, true), 32),
  UINT64: wide,
};
