/**
 * Looks into an ONNX file without loading it: is it one at all, and does it hold all of its weights itself? External
 * data could name any file of the machine that loads it.
 * Fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export const inspectModel = (file: Uint8Array): { readonly problem?: string } => {
  const seen = { irVersion: false, graph: false, external: false };
  try {
    walk(file, MODEL, seen);
  } catch (error) {
    return { problem: `it is damaged: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!seen.irVersion || !seen.graph) return { problem: 'it is not ONNX' };
  if (seen.external) return { problem: 'it keeps weights in other files; export them into the model' };
  return {};
};

/** What of a message is looked into: messages inside it by field number, and fields that say something themselves. */
interface Shape {
  readonly inner?: Readonly<Record<number, () => Shape>>;
  readonly notes?: Readonly<Record<number, 'irVersion' | 'graph' | 'dataLocation' | 'externalData'>>;
}

const TENSOR: Shape = { notes: { 13: 'externalData', 14: 'dataLocation' } };
const SPARSE_TENSOR: Shape = { inner: { 1: () => TENSOR, 2: () => TENSOR } };
const GRAPH: Shape = { inner: { 1: () => NODE, 5: () => TENSOR, 15: () => SPARSE_TENSOR } };
const ATTRIBUTE: Shape = {
  inner: {
    5: () => TENSOR,
    6: () => GRAPH,
    10: () => TENSOR,
    11: () => GRAPH,
    22: () => SPARSE_TENSOR,
    23: () => SPARSE_TENSOR,
  },
};
const NODE: Shape = { inner: { 5: () => ATTRIBUTE } };
const TRAINING: Shape = { inner: { 1: () => GRAPH, 2: () => GRAPH } };
const FUNCTION: Shape = { inner: { 7: () => NODE, 11: () => ATTRIBUTE } };
const MODEL: Shape = {
  notes: { 1: 'irVersion', 7: 'graph' },
  inner: { 7: () => GRAPH, 20: () => TRAINING, 25: () => FUNCTION },
};

const MOST_LEVELS = 64;
const EXTERNAL = 1;

type Seen = { irVersion: boolean; graph: boolean; external: boolean };

const walk = (bytes: Uint8Array, shape: Shape, seen: Seen, level = 0): void => {
  if (level > MOST_LEVELS) throw new Error('its messages are nested too deeply');
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const field = Math.floor(tag / 8);
    const note = shape.notes?.[field];
    if (note === 'irVersion' || note === 'graph') seen[note] = true;
    if (note === 'externalData') seen.external = true;
    switch (tag % 8) {
      case 0: {
        const value = readVarint(reader);
        if (note === 'dataLocation' && value === EXTERNAL) seen.external = true;
        break;
      }
      case 1:
        skip(reader, 8);
        break;
      case 2: {
        const size = readVarint(reader);
        const start = reader.at;
        skip(reader, size);
        const inner = shape.inner?.[field];
        if (inner !== undefined) walk(bytes.subarray(start, start + size), inner(), seen, level + 1);
        break;
      }
      case 5:
        skip(reader, 4);
        break;
      default:
        throw new Error(`unknown kind of field at byte ${reader.at}`);
    }
  }
};

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

const skip = (reader: Reader, size: number): void => {
  reader.at += size;
  if (reader.at > reader.bytes.length) throw new Error('it ends too early');
};

/** Numbers above 2^53 lose digits; nothing here depends on those. */
const readVarint = (reader: Reader): number => {
  let value = 0;
  for (let factor = 1, count = 0; count < 10; factor *= 128, count += 1) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw new Error('it ends too early');
    reader.at += 1;
    value += (byte % 128) * factor;
    if (byte < 128) return value;
  }
  throw new Error('a number is too long');
};
