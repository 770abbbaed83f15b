import { readFields } from './protobufFields.js';

/**
 * Looks into an ONNX file without loading it: is it one at all, and does it hold all of its weights itself? External
 * data could name any file of the machine that loads it. Whatever a loader could understand in another way than this
 * reader is refused.
 * Fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export const inspectModel = (file: Uint8Array): { readonly problem?: string } => {
  if (isOrtFormat(file)) return { problem: 'it is in the format of ONNX Runtime, not ONNX' };
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

/** ONNX Runtime loads bytes with this mark as its own format, even where they are sound protobuf as well. */
const isOrtFormat = (file: Uint8Array): boolean => String.fromCharCode(...file.subarray(4, 8)) === 'ORTM';

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

type Seen = { irVersion: boolean; graph: boolean; external: boolean };

/** A field that comes twice is looked at twice: loaders take the last one, or both together. */
const walk = (message: Uint8Array, shape: Shape, seen: Seen, level = 0): void => {
  if (level > MOST_LEVELS) throw new Error('its messages are nested too deeply');
  const note = (field: number, isNothing: boolean): void => {
    const what = shape.notes?.[field];
    if (what === 'irVersion' || what === 'graph') seen[what] = true;
    // Zero is the one place that is no other file; loaders make what they do not know to zero, or to one.
    if (what === 'externalData' || (what === 'dataLocation' && !isNothing)) seen.external = true;
  };
  readFields(message, {
    number: (field, value) => note(field, value === 0),
    bytes: (field, content) => {
      note(field, false);
      const inner = shape.inner?.[field];
      if (inner !== undefined) walk(content, inner(), seen, level + 1);
    },
  });
};
