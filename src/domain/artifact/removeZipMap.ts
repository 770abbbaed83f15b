import { concat, lengthDelimited, numberField, rewriteFields } from './editProtobuf.js';
import { readFields } from './protobufFields.js';

export interface WithoutZipMap {
  readonly file: Uint8Array;
  /** Outputs that are tensors now, by name; empty where there was nothing to do. */
  readonly outputs: readonly string[];
}

/** Fields of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const MODEL = { graph: 7, opset: 8 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { node: 1, output: 12 };
const NODE = { input: 1, output: 2, operator: 4, domain: 7 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR = { element: 1, shape: 2 };
const SHAPE = { axis: 1 };
const AXIS = { name: 2 };
const FLOAT = 1;
/** Of the operators that every model may use, where it names none: the first that all of our runtimes know well. */
const OPSET_VERSION = 13;

/**
 * scikit-learn's converters make the probabilities of a classifier a list of maps from class to number, by a last node
 * ZipMap; no protocol carries that, and ONNX Runtime for Node refuses a run that asks for it. Here such a node becomes one
 * that hands the tensor of probabilities on under the same name, [rows, classes] in the order of the classes.
 */
export const removeZipMap = (file: Uint8Array): WithoutZipMap => {
  const outputs: string[] = [];
  let knowsIdentity = false;
  const edited = rewriteFields(file, (field, content) => {
    if (field === MODEL.opset) knowsIdentity ||= textOf(content, OPSET.domain) === '';
    if (field !== MODEL.graph) return undefined;
    outputs.push(...zipMapOutputs(content));
    return outputs.length === 0 ? undefined : rewriteGraph(content, new Set(outputs));
  });
  if (outputs.length === 0) return { file, outputs };
  const opset = lengthDelimited(MODEL.opset, numberField(OPSET.version, OPSET_VERSION));
  return { file: knowsIdentity ? edited : concat([edited, opset]), outputs };
};

const zipMapOutputs = (graph: Uint8Array): readonly string[] => {
  const found: string[] = [];
  readFields(graph, {
    number: () => undefined,
    bytes: (field, node) => {
      if (field === GRAPH.node && isZipMap(node)) found.push(textOf(node, NODE.output));
    },
  });
  return found;
};

const rewriteGraph = (graph: Uint8Array, outputs: ReadonlySet<string>): Uint8Array =>
  rewriteFields(graph, (field, content) => {
    if (field === GRAPH.node && isZipMap(content)) return identity(content);
    if (field === GRAPH.output && outputs.has(textOf(content, VALUE.name))) return floats(textOf(content, VALUE.name));
    return undefined;
  });

const isZipMap = (node: Uint8Array): boolean =>
  textOf(node, NODE.operator) === 'ZipMap' && textOf(node, NODE.domain) === 'ai.onnx.ml';

const identity = (node: Uint8Array): Uint8Array =>
  concat([
    lengthDelimited(NODE.input, bytes(textOf(node, NODE.input))),
    lengthDelimited(NODE.output, bytes(textOf(node, NODE.output))),
    lengthDelimited(NODE.operator, bytes('Identity')),
  ]);

/** A tensor of FP32, [rows, classes]; how many classes is what the graph makes of it. */
const floats = (name: string): Uint8Array => {
  const axes = ['rows', 'classes'].map((axis) => lengthDelimited(SHAPE.axis, lengthDelimited(AXIS.name, bytes(axis))));
  const shape = lengthDelimited(TENSOR.shape, concat(axes));
  const tensor = lengthDelimited(TYPE.tensor, concat([numberField(TENSOR.element, FLOAT), shape]));
  return concat([lengthDelimited(VALUE.name, bytes(name)), lengthDelimited(VALUE.type, tensor)]);
};

/** The first field of this number as text; empty where there is none. */
const textOf = (message: Uint8Array, wanted: number): string => {
  let found: string | undefined;
  readFields(message, {
    number: () => undefined,
    bytes: (field, content) => {
      if (field === wanted) found ??= new TextDecoder().decode(content);
    },
  });
  return found ?? '';
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
