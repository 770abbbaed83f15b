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

/** Digits that are kept: as a whole number a double has 15 of them exactly, since 10^15 is below 2^53. */
const HEAD = 9;
const TAIL = 6;
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
  const single = into instanceof Float32Array;
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
      let digit = byte - ZERO;
      if (!(digit >= 0 && digit <= 9)) return -1;
      // Nine digits are a whole number of 32 bits, which is far quicker to add to than a double; so are the next six.
      let head = 0;
      let tail = 0;
      let taken = 0;
      let exponent = 0;
      let cut = false;
      if (digit === 0) digit = bytes[(at += 1)]! - ZERO;
      else
        for (; digit >= 0 && digit <= 9; digit = bytes[(at += 1)]! - ZERO) {
          if (taken < HEAD) head = (head * 10 + digit) | 0;
          else if (taken < HEAD + TAIL) tail = (tail * 10 + digit) | 0;
          else {
            exponent += 1;
            cut = true;
            continue;
          }
          taken += 1;
        }
      if (digit === POINT - ZERO) {
        digit = bytes[(at += 1)]! - ZERO;
        if (!(digit >= 0 && digit <= 9)) return -1;
        let begun = at;
        if (taken === 0) for (; digit === 0; digit = bytes[(at += 1)]! - ZERO);
        exponent -= at - begun;
        begun = at;
        for (const end = at + HEAD - taken; at < end && digit >= 0 && digit <= 9; digit = bytes[(at += 1)]! - ZERO)
          head = (head * 10 + digit) | 0;
        taken += at - begun;
        exponent -= at - begun;
        begun = at;
        for (
          const end = at + HEAD + TAIL - taken;
          at < end && digit >= 0 && digit <= 9;
          digit = bytes[(at += 1)]! - ZERO
        )
          tail = (tail * 10 + digit) | 0;
        taken += at - begun;
        exponent -= at - begun;
        for (; digit >= 0 && digit <= 9; digit = bytes[(at += 1)]! - ZERO) cut = true;
      }
      if (digit === SMALL_E - ZERO || digit === BIG_E - ZERO) {
        byte = bytes[(at += 1)]!;
        const below = byte === MINUS;
        if (below || byte === PLUS) byte = bytes[(at += 1)]!;
        if (!isDigit(byte)) return -1;
        let written = 0;
        for (; isDigit(byte); byte = bytes[(at += 1)]!) written = Math.min(written * 10 + (byte - ZERO), 99_999);
        exponent += below ? -written : written;
      }
      let settled = exponent >= -22 && exponent <= 22;
      if (settled) {
        const digits = taken <= HEAD ? head : head * POWERS[taken - HEAD]! + tail;
        const power = POWERS[exponent < 0 ? -exponent : exponent]!;
        const low = exponent < 0 ? digits / power : digits * power;
        into[index] = negative ? -low : low;
        if (cut) {
          const high = exponent < 0 ? (digits + 1) / power : (digits + 1) * power;
          settled = single ? Math.fround(low) === Math.fround(high) : low === high;
        }
      }
      if (!settled) {
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
