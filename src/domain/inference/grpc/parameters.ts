import { BYTES, FIXED64, isTrue, Malformed, signed, text, unsigned, VARINT, walk } from './wire.js';

export type Parameter = boolean | number | string;

/** One entry of a `map<string, InferParameter>`; undefined where it holds no value that we know. */
export const readParameter = (
  bytes: Uint8Array,
  start: number,
  end: number,
): readonly [name: string, value: Parameter] | undefined => {
  let name = '';
  let value: Parameter | undefined;
  walk(bytes, start, end, (field, wire, from, to) => {
    if (wire !== BYTES) return;
    if (field === 1) name = text(bytes, from, to);
    if (field === 2) value = readValue(bytes, from, to) ?? value;
  });
  return value === undefined ? undefined : [name, value];
};

/** InferParameter: one of bool_param, int64_param, string_param, double_param, uint64_param; the last one counts. */
const readValue = (bytes: Uint8Array, start: number, end: number): Parameter | undefined => {
  let value: Parameter | undefined;
  walk(bytes, start, end, (field, wire, from, to) => {
    const expected = WIRES[field];
    if (expected === undefined) return;
    if (wire !== expected) throw new Malformed('a parameter has an unexpected encoding');
    if (field === 1) value = isTrue(bytes, from);
    else if (field === 2) value = signed(bytes, from);
    else if (field === 3) value = text(bytes, from, to);
    else if (field === 4) value = new DataView(bytes.buffer, bytes.byteOffset + from).getFloat64(0, true);
    else value = unsigned(bytes, from);
  });
  return value;
};

const WIRES: Readonly<Record<number, number>> = { 1: VARINT, 2: VARINT, 3: BYTES, 4: FIXED64, 5: VARINT };
