/** A value in Thrift's compact protocol, which Parquet describes its pages and columns in. */
export interface Thrift {
  /** https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md#struct-encoding */
  readonly type: number;
  readonly bytes: readonly number[];
}

const TEXT = new TextEncoder();

/** Seven bits a byte, the lowest first; whole numbers below 2^53. */
export const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
};

/** Signs are in the lowest bit; nothing that a file says of itself is negative. */
export const int = (value: number): Thrift => ({ type: 5, bytes: varint(value * 2) });
export const long = (value: number): Thrift => ({ type: 6, bytes: varint(value * 2) });
/** A truth value is in its type. */
export const flag = (value: boolean): Thrift => ({ type: value ? 1 : 2, bytes: [] });

export const text = (value: string): Thrift => {
  const bytes = TEXT.encode(value);
  return { type: 8, bytes: [...varint(bytes.length), ...bytes] };
};

/** All of one type, and never none. */
export const list = (items: readonly Thrift[]): Thrift => {
  const [{ type }] = items as readonly [Thrift];
  const head = items.length < 15 ? [items.length * 16 + type] : [0xf0 + type, ...varint(items.length)];
  return { type: 9, bytes: items.reduce<number[]>((all, { bytes }) => append(all, bytes), head) };
};

/** Fields by their numbers, rising; each says how far it is from the one before it. */
export const struct = (fields: readonly (readonly [number, Thrift | undefined])[]): Thrift => {
  const bytes: number[] = [];
  let last = 0;
  for (const [id, value] of fields) {
    if (value === undefined) continue;
    bytes.push((id - last) * 16 + value.type);
    append(bytes, value.bytes);
    last = id;
  }
  bytes.push(0);
  return { type: 12, bytes };
};

const append = (all: number[], more: readonly number[]): number[] => {
  for (const byte of more) all.push(byte);
  return all;
};
