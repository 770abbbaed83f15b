import { textOf } from './utf8.js';

/** An array of numbers in the bytes of a JSON text. A class, so that nothing that JSON.parse makes can pass for one. */
export class JsonNumbers {
  constructor(
    readonly bytes: Uint8Array,
    /** Its `[`. */
    readonly from: number,
    /** After its `]`. */
    readonly until: number,
  ) {}
}

/** Decimal digits that a double holds exactly as a whole number: 10^15 is below 2^53. */
const MOST_DIGITS = 15;
/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Numbers out of the bytes of a JSON array, flat or nested as the shape says, into a tensor's array: the same as
 * `into[i] = JSON.parse(…)[i]`, without a JavaScript value for each. null, and NaN as Python writes it, are NaN. False where it is anything else than
 * that, or a number is finite and beyond the range of FP32; `into` is of no use then, and who asked reads it as JSON, which says why.
 *
 * A number with its first digits D (15 at most) lies in [D, D + 1) x 10^E. Both ends are one multiplication or division of exact
 * doubles, so each is rounded correctly (Clinger, "How to Read Floating Point Numbers Accurately", 1990), and rounding is
 * monotone: where both ends become the same FP32, everything in between does, and so does the double that Number() would make
 * of it. Else, and beyond 10^22, Number() is asked. With no digit left over the lower end is that double itself.
 */
export const readNumbers = (
  { bytes, from, until }: JsonNumbers,
  shape: readonly number[],
  into: Float32Array | Float64Array,
): boolean => {
  const inner = skipSpace(bytes, from + 1);
  if (bytes[inner] !== OPEN) return readRow(bytes, from, into, 0, into.length) === until;
  return readAxis(bytes, from, shape, 0, into, 0, into.length) === until;
};

/** @returns the position after the array, or -1 */
const readAxis = (
  bytes: Uint8Array,
  from: number,
  shape: readonly number[],
  axis: number,
  into: Float32Array | Float64Array,
  first: number,
  count: number,
): number => {
  if (axis >= shape.length - 1) return readRow(bytes, from, into, first, count);
  if (bytes[from] !== OPEN) return -1;
  const length = shape[axis]!;
  const inner = count / length;
  let at = from + 1;
  for (let index = 0; index < length; index += 1) {
    at = readAxis(bytes, skipSpace(bytes, at), shape, axis + 1, into, first + index * inner, inner);
    if (at < 0) return -1;
    at = skipSpace(bytes, at);
    if (bytes[at] !== (index === length - 1 ? CLOSE : COMMA)) return -1;
    at += 1;
  }
  return at;
};

/** An array of `count` numbers. One loop over the bytes: it is most of what a request in JSON costs. */
const readRow = (
  bytes: Uint8Array,
  from: number,
  into: Float32Array | Float64Array,
  first: number,
  count: number,
): number => {
  if (bytes[from] !== OPEN || count === 0) return -1;
  let at = from + 1;
  for (let index = first; index < first + count; index += 1) {
    let byte = bytes[at]!;
    while (isSpace(byte)) byte = bytes[(at += 1)]!;
    const start = at;
    if (byte === SMALL_N || byte === BIG_N) {
      at = afterMissing(bytes, at);
      if (at < 0) return -1;
      into[index] = Number.NaN;
    } else {
      const negative = byte === MINUS;
      if (negative) byte = bytes[(at += 1)]!;
      let digits = 0;
      let taken = 0;
      let exponent = 0;
      let cut = false;
      if (byte === ZERO) byte = bytes[(at += 1)]!;
      else if (!isDigit(byte)) return -1;
      else
        for (; isDigit(byte); byte = bytes[(at += 1)]!) {
          if (taken < MOST_DIGITS) {
            digits = digits * 10 + (byte - ZERO);
            taken += 1;
          } else {
            exponent += 1;
            cut = true;
          }
        }
      if (byte === POINT) {
        byte = bytes[(at += 1)]!;
        if (!isDigit(byte)) return -1;
        for (; isDigit(byte); byte = bytes[(at += 1)]!) {
          if (taken < MOST_DIGITS) {
            digits = digits * 10 + (byte - ZERO);
            exponent -= 1;
            if (digits !== 0) taken += 1;
          } else cut = true;
        }
      }
      if (byte === SMALL_E || byte === BIG_E) {
        byte = bytes[(at += 1)]!;
        const below = byte === MINUS;
        if (below || byte === PLUS) byte = bytes[(at += 1)]!;
        if (!isDigit(byte)) return -1;
        let written = 0;
        for (; isDigit(byte); byte = bytes[(at += 1)]!) written = Math.min(written * 10 + (byte - ZERO), 99_999);
        exponent += below ? -written : written;
      }
      const low = scale(digits, exponent);
      into[index] = low;
      let settled = low === low;
      if (cut && settled) {
        const lower = into[index]!;
        into[index] = scale(digits + 1, exponent);
        settled = into[index] === lower;
      }
      if (settled) {
        if (negative) into[index] = -into[index]!;
      } else {
        const value = Number(textOf(bytes.subarray(start, at)));
        into[index] = value;
        if (Number.isFinite(value) && !Number.isFinite(into[index])) return -1;
      }
    }
    byte = bytes[at]!;
    while (isSpace(byte)) byte = bytes[(at += 1)]!;
    if (byte !== (index === first + count - 1 ? CLOSE : COMMA)) return -1;
    at += 1;
  }
  return at;
};

/** NaN where a power of ten is not exact. */
const scale = (digits: number, exponent: number): number => {
  if (exponent < -22 || exponent > 22) return Number.NaN;
  return exponent < 0 ? digits / POWERS[-exponent]! : digits * POWERS[exponent]!;
};

const afterMissing = (bytes: Uint8Array, at: number): number => {
  const word = textOf(bytes.subarray(at, at + 4));
  if (word === 'null') return at + 4;
  return word.startsWith('NaN') ? at + 3 : -1;
};

/** The position of the next byte that is no white space. */
export const skipSpace = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (isSpace(bytes[at]!)) at += 1;
  return at;
};

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number): boolean => byte >= ZERO && byte <= 0x39;

const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const SMALL_E = 0x65;
const BIG_E = 0x45;
const SMALL_N = 0x6e;
const BIG_N = 0x4e;
export const OPEN = 0x5b;
export const CLOSE = 0x5d;
export const COMMA = 0x2c;
