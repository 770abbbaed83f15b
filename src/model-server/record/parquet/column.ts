import { packed, repeated, widthFor } from './runs.js';

/** As Parquet numbers them. */
export const TYPES = { INT32: 1, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6 } as const;
export const ENCODINGS = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 } as const;

/** One column of a file, with its values as they are written. */
export interface Column {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  readonly optional: boolean;
  /** Which rows have a value; empty where all must have one. */
  readonly levels: Buffer;
  readonly missing: number;
  /** What the values are positions in. */
  readonly dictionary?: { readonly size: number; readonly bytes: Buffer };
  readonly values: Buffer;
}

const NO_LEVELS = Buffer.alloc(0);

/** A column of whole numbers that are there for every row. */
export const integers = (name: string, values: Int32Array): Column => ({
  name,
  type: 'INT32',
  optional: false,
  levels: NO_LEVELS,
  missing: 0,
  values: bytesOf(values),
});

/** A column of texts that are there for every row, all different: their lengths and bytes. */
export const differentTexts = (name: string, values: Buffer): Column => ({
  name,
  type: 'BYTE_ARRAY',
  optional: false,
  levels: NO_LEVELS,
  missing: 0,
  values,
});

/** What is the same for all rows of a request: each value once, and for how many rows it holds. */
export const perRequest = (
  name: string,
  type: 'INT64' | 'DOUBLE' | 'BYTE_ARRAY',
  values: readonly (number | string | null)[],
  rows: readonly number[],
): Column => {
  const places = new Map<number | string, number>();
  const runs: { value: number; rows: number }[] = [];
  const present: { value: number; rows: number }[] = [];
  let missing = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    extend(present, value === null ? 0 : 1, rows[index]!);
    if (value === null) {
      missing += rows[index]!;
      continue;
    }
    let place = places.get(value);
    if (place === undefined) places.set(value, (place = places.size));
    extend(runs, place, rows[index]!);
  }
  const width = widthFor(places.size);
  return {
    name,
    type,
    optional: true,
    levels: repeated(present, 1),
    missing,
    dictionary: { size: places.size, bytes: plain(type, [...places.keys()]) },
    values: Buffer.concat([Buffer.of(width), repeated(runs, width)]),
  };
};

const extend = (runs: { value: number; rows: number }[], value: number, rows: number): void => {
  const last = runs.at(-1);
  if (last?.value === value) last.rows += rows;
  else runs.push({ value, rows });
};

/** @param values NaN is a missing one */
export const numbers = (name: string, values: Float64Array): Column => {
  let found = 0;
  const present = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (Number.isNaN(value)) continue;
    present[row] = 1;
    values[found] = value;
    found += 1;
  }
  return optional(name, 'DOUBLE', values.subarray(0, found), present);
};

export const texts = (name: string, values: readonly (string | null)[]): Column => {
  const present = Uint8Array.from(values, (value) => (value === null ? 0 : 1));
  return optional(
    name,
    'BYTE_ARRAY',
    values.filter((value) => value !== null),
    present,
  );
};

const optional = (
  name: string,
  type: 'DOUBLE' | 'BYTE_ARRAY',
  values: Float64Array | readonly string[],
  present: Uint8Array,
): Column => {
  const missing = present.length - values.length;
  const levels = missing === 0 ? repeated([{ value: 1, rows: present.length }], 1) : packed(present, 1);
  const about = { name, type, optional: true, levels, missing };
  const places = placesOf(values);
  if (places === undefined) return { ...about, values: plain(type, values) };
  const { distinct, at } = places;
  const width = widthFor(distinct.length);
  return {
    ...about,
    dictionary: { size: distinct.length, bytes: plain(type, distinct) },
    values: Buffer.concat([Buffer.of(width), packed(at, width)]),
  };
};

const SAMPLE = 64;
const MOST_PLACES = 4_096;

/** Positions in a dictionary, where values repeat: a sample tells, so that measurements do not pay for looking. */
const placesOf = (
  values: Float64Array | readonly string[],
): { readonly distinct: readonly (number | string)[]; readonly at: Uint16Array } | undefined => {
  const step = Math.max(1, Math.floor(values.length / SAMPLE));
  const sample = new Set<number | string>();
  for (let index = 0; index < values.length; index += step) sample.add(values[index]!);
  if (values.length === 0 || sample.size > SAMPLE / 2) return undefined;
  const places = new Map<number | string, number>();
  const at = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index]!;
    let place = places.get(value);
    if (place === undefined) {
      if (places.size === MOST_PLACES) return undefined;
      places.set(value, (place = places.size));
    }
    at[index] = place;
  }
  return { distinct: [...places.keys()], at };
};

const plain = (
  type: 'INT64' | 'DOUBLE' | 'BYTE_ARRAY',
  values: Float64Array | readonly (number | string)[],
): Buffer => {
  if (type === 'BYTE_ARRAY') return plainTexts(values as readonly string[]);
  if (type === 'INT64') return bytesOf(BigInt64Array.from(values as readonly number[], BigInt));
  return bytesOf(values instanceof Float64Array ? values : Float64Array.from(values as readonly number[]));
};

const plainTexts = (values: readonly string[]): Buffer => {
  const lengths = values.map((value) => Buffer.byteLength(value));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  for (let index = 0; index < values.length; index += 1) {
    bytes.writeUInt32LE(lengths[index]!, at);
    at += 4 + bytes.write(values[index]!, at + 4);
  }
  return bytes;
};

/** Little-endian, as every machine that ONNX Runtime is built for. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array | BigInt64Array | Float64Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
