/** Fields of protobuf messages as bytes, one after the other; what has its default value is left out, as proto3 has it. */
export type Part = Uint8Array;

const UTF8 = new TextEncoder();

export const sizeOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.length, 0);

export const joined = (parts: readonly Part[]): Uint8Array => {
  const whole = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** A message, text or bytes within a message: also where it is empty, as elements of lists may be. */
export const element = (field: number, content: readonly Part[]): readonly Part[] => [
  Uint8Array.from([...varint(field * 8 + 2), ...varint(sizeOf(content))]),
  ...content,
];

export const textField = (field: number, value: string): readonly Part[] =>
  value === '' ? [] : element(field, [UTF8.encode(value)]);

export const textElement = (field: number, value: string): readonly Part[] => element(field, [UTF8.encode(value)]);

export const boolField = (field: number, value: boolean): readonly Part[] =>
  value ? [Uint8Array.from([field * 8, 1])] : [];

/** Packed int64; whole numbers within 2^53. */
export const int64s = (field: number, values: readonly number[]): readonly Part[] =>
  values.length === 0 ? [] : element(field, [Uint8Array.from(values.flatMap(varint))]);

/** A negative one has all of its 64 bits written. */
export const varint = (value: number): number[] => {
  if (value < 0) return negative(BigInt.asUintN(64, BigInt(value)));
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
};

const negative = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) + 128, ...negative(value >> 7n)];
