import { isDatatype } from '../tensors.js';
import { packContents, type Span } from './contents.js';
import { readParameter, type Parameter } from './parameters.js';
import { BYTES, endOfVarint, Malformed, signed, text, VARINT, walk, type Wire } from './wire.js';

/** A ModelInferRequest in the form that model servers take: JSON, and binary tensors after it (`binary_tensor_data`). */
export interface ReadInferRequest {
  readonly model: string;
  /** Empty: whichever the weights choose. */
  readonly version: string;
  readonly json: string;
  /** Bytes of the tensors, in the order of the inputs: raw ones are those of the message. */
  readonly tensors: readonly Uint8Array[];
}

export type InferRequestRead =
  | { readonly kind: 'request'; readonly request: ReadInferRequest }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'too_large'; readonly reason: string };

/** Inputs, outputs, parameters and axes of one message: each is an object here, and may be two bytes there. */
const MOST_PARTS = 16_384;

/**
 * Reads `inference.ModelInferRequest` of the Open Inference Protocol
 * (https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/open_inference_grpc.proto). What the model
 * takes is no question here: its server knows the signature, and refuses what does not fit, as over HTTP.
 *
 * @param most bytes that the tensors may have
 */
export const readInferRequest = (message: Uint8Array, most: number): InferRequestRead => {
  try {
    return toRequest(message, readMessage(message), most);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { kind: 'refused', reason: `the message is no ModelInferRequest: ${error.message}` };
  }
};

interface Input {
  name: string;
  datatype: string;
  readonly shape: number[];
  readonly contents: Span[];
}

interface Message {
  model: string;
  version: string;
  id: string;
  readonly parameters: (readonly [string, Parameter])[];
  readonly inputs: Input[];
  readonly outputs: string[];
  readonly raw: Uint8Array[];
}

const readMessage = (bytes: Uint8Array): Message => {
  const message: Message = { model: '', version: '', id: '', parameters: [], inputs: [], outputs: [], raw: [] };
  const room = { left: MOST_PARTS };
  walk(bytes, 0, bytes.length, (field, wire, start, end) => {
    if (field > 7) return;
    if (wire !== BYTES) throw new Malformed(`its field ${field} has an unexpected encoding`);
    if (field === 1) message.model = text(bytes, start, end);
    else if (field === 2) message.version = text(bytes, start, end);
    else if (field === 3) message.id = text(bytes, start, end);
    else {
      take(room, 1);
      if (field === 4) message.parameters.push(...listed(readParameter(bytes, start, end)));
      else if (field === 5) message.inputs.push(readInput(bytes, start, end, room));
      else if (field === 6) message.outputs.push(readOutput(bytes, start, end));
      else message.raw.push(bytes.subarray(start, end));
    }
  });
  return message;
};

const listed = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value]);

const take = (room: { left: number }, count: number): void => {
  room.left -= count;
  if (room.left < 0) throw new Malformed(`it has more than ${MOST_PARTS} tensors, parameters and axes`);
};

/** InferInputTensor: name, datatype, shape, parameters (of which none has a meaning here), contents. */
const readInput = (bytes: Uint8Array, from: number, to: number, room: { left: number }): Input => {
  const input: Input = { name: '', datatype: '', shape: [], contents: [] };
  walk(bytes, from, to, (field, wire, start, end) => {
    if (field === 3) return readShape(input.shape, bytes, wire, start, end, room);
    if (field !== 1 && field !== 2 && field !== 5) return;
    if (wire !== BYTES) throw new Malformed('an input has an unexpected encoding');
    if (field === 1) input.name = text(bytes, start, end);
    else if (field === 2) input.datatype = text(bytes, start, end);
    else {
      take(room, 1);
      input.contents.push({ start, end });
    }
  });
  return input;
};

const readShape = (
  shape: number[],
  bytes: Uint8Array,
  wire: Wire,
  start: number,
  end: number,
  room: { left: number },
): void => {
  if (wire !== BYTES && wire !== VARINT) throw new Malformed('a shape has an unexpected encoding');
  for (let at = start; at < end; at = endOfVarint(bytes, at, end)) {
    take(room, 1);
    shape.push(signed(bytes, at));
  }
};

const readOutput = (bytes: Uint8Array, from: number, to: number): string => {
  let name = '';
  walk(bytes, from, to, (field, wire, start, end) => {
    if (field === 1 && wire === BYTES) name = text(bytes, start, end);
  });
  return name;
};

const toRequest = (bytes: Uint8Array, message: Message, most: number): InferRequestRead => {
  const { model, version, id, parameters, inputs, outputs, raw } = message;
  const tensors: Uint8Array[] = [];
  const isRaw = raw.length > 0;
  if (isRaw && raw.length !== inputs.length)
    return refused(`raw_input_contents has ${raw.length} entries for ${inputs.length} inputs`);
  let left = most;
  for (const [index, { name, datatype, contents }] of inputs.entries()) {
    const called = name.slice(0, 100);
    if (isRaw && contents.length > 0) return refused(`${called}: has both contents and raw_input_contents`);
    // Of a datatype that nobody knows the model server says what it expected instead.
    const packed =
      isRaw || !isDatatype(datatype)
        ? ({ kind: 'packed', bytes: raw[index] ?? NOTHING } as const)
        : packContents(bytes, contents, datatype, left);
    if (packed.kind === 'refused') return refused(`${called}: ${packed.reason}`);
    if (packed.kind === 'too_large' || packed.bytes.length > left)
      return { kind: 'too_large', reason: `the tensors are larger than ${most} bytes` };
    left -= packed.bytes.length;
    tensors.push(packed.bytes);
  }
  const json = JSON.stringify({
    ...(id === '' ? {} : { id }),
    parameters: { ...Object.fromEntries(parameters), binary_data_output: true },
    inputs: inputs.map(({ name, datatype, shape }, index) => ({
      ...{ name, datatype, shape },
      parameters: { binary_data_size: tensors[index]!.length },
    })),
    ...(outputs.length === 0 ? {} : { outputs: outputs.map((name) => ({ name })) }),
  });
  return { kind: 'request', request: { model, version, json, tensors } };
};

const NOTHING = new Uint8Array(0);

const refused = (reason: string): InferRequestRead => ({ kind: 'refused', reason });
