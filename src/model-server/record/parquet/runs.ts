import { varint } from './thrift.js';

/** Bits that the numbers below `count` need; at least one. */
export const widthFor = (count: number): number => Math.max(1, Math.ceil(Math.log2(count)));

/** Runs of one value each, in the hybrid of run lengths and packed bits that Parquet has for small numbers. */
export const repeated = (runs: readonly { readonly value: number; readonly rows: number }[], width: number): Buffer => {
  const bytes: number[] = [];
  for (const { value, rows } of runs) {
    bytes.push(...varint(rows * 2));
    for (let bits = 0; bits < width; bits += 8) bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes);
};

/** The same, as one run of packed bits: eight values at a time, the lowest bits first. */
export const packed = (values: ArrayLike<number>, width: number): Buffer => {
  const groups = Math.ceil(values.length / 8);
  const head = varint(groups * 2 + 1);
  const bytes = Buffer.alloc(head.length + groups * width);
  bytes.set(head);
  let at = head.length;
  let bits = 0;
  let held = 0;
  for (let index = 0; index < values.length; index += 1) {
    held |= values[index]! << bits;
    for (bits += width; bits >= 8; bits -= 8) {
      bytes[at] = held & 0xff;
      at += 1;
      held >>>= 8;
    }
  }
  if (bits > 0) bytes[at] = held;
  return bytes;
};
