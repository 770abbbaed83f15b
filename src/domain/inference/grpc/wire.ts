/**
 * Protobuf's wire format, as far as the messages of the protocol need it: no code is generated, and nothing is allocated
 * per element. Encoding: https://protobuf.dev/programming-guides/encoding
 */
export type Wire = typeof VARINT | typeof FIXED64 | typeof BYTES | typeof FIXED32;
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** A field and where its content is; of a number that are its own bytes, so that packed and single elements look the same. */
export type Visit = (field: number, wire: Wire, start: number, end: number) => void;

/** The bytes are no message of this kind. */
export class Malformed extends Error {}

/** Walks through the fields of the message between two positions, in their order. Throws `Malformed`. */
export const walk = (bytes: Uint8Array, from: number, to: number, visit: Visit): void => {
  let at = from;
  while (at < to) {
    let tag = bytes[at]!;
    if (tag < 128) at += 1;
    else {
      const tagEnd = endOfVarint(bytes, at, to);
      tag = low32(bytes, at);
      at = tagEnd;
    }
    const field = tag >>> 3;
    if (field === 0) throw new Malformed('it has a field without a number');
    const wire = tag & 7;
    let start = at;
    if (wire === VARINT) at = endOfVarint(bytes, at, to);
    else if (wire === FIXED64) at += 8;
    else if (wire === FIXED32) at += 4;
    else if (wire === BYTES) {
      const length = bytes[at]!;
      start = length < 128 ? at + 1 : endOfVarint(bytes, at, to);
      at = start + (length < 128 ? length : unsigned(bytes, at));
    } else throw new Malformed(`its field ${field} has an unknown encoding`);
    if (at > to) throw new Malformed(`its field ${field} is longer than the message`);
    visit(field, wire as Wire, start, at);
  }
};

/** Position after the number that begins here. */
export const endOfVarint = (bytes: Uint8Array, from: number, to: number): number => {
  for (let at = from; at < to && at < from + 10; at += 1) if (bytes[at]! < 128) return at + 1;
  throw new Malformed('it has a number without an end');
};

/** The lower 32 bits of a number that is known to end; signed where nobody makes it unsigned. */
export const low32 = (bytes: Uint8Array, from: number): number => {
  let value = 0;
  for (let at = from, shift = 0; shift < 35; at += 1, shift += 7) {
    const byte = bytes[at]!;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
};

/** Its upper 32 bits. */
export const high32 = (bytes: Uint8Array, from: number): number => {
  let at = from;
  for (let skipped = 0; skipped < 4; skipped += 1, at += 1) if (bytes[at]! < 128) return 0;
  let value = (bytes[at]! & 127) >>> 4;
  for (let shift = 3; bytes[at]! >= 128 && shift < 32; shift += 7) {
    at += 1;
    value |= (bytes[at]! & 127) << shift;
  }
  return value;
};

const TWO_32 = 2 ** 32;

/** Beyond 2^53 it loses digits. */
export const unsigned = (bytes: Uint8Array, from: number): number =>
  (high32(bytes, from) >>> 0) * TWO_32 + (low32(bytes, from) >>> 0);

/** The same of an int64. */
export const signed = (bytes: Uint8Array, from: number): number =>
  high32(bytes, from) * TWO_32 + (low32(bytes, from) >>> 0);

export const isTrue = (bytes: Uint8Array, from: number): boolean =>
  low32(bytes, from) !== 0 || high32(bytes, from) !== 0;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** What is as short is mostly a name of plain letters, which a decoder takes longer to begin with than to read. */
const SHORT = 24;

export const text = (bytes: Uint8Array, start: number, end: number): string => {
  if (end - start <= SHORT) {
    let plain = '';
    let at = start;
    for (; at < end && bytes[at]! < 128; at += 1) plain += String.fromCharCode(bytes[at]!);
    if (at === end) return plain;
  }
  try {
    return UTF8.decode(bytes.subarray(start, end));
  } catch {
    throw new Malformed('it has a text that is no UTF-8');
  }
};
