import type { TensorSpec } from '../artifact/types.js';
import { checkFeatures, type FeatureCheck, type FeatureWarning } from './checkFeatures.js';
import { decodeBinary } from './decodeBinary.js';
import { decodeJson } from './decodeJson.js';
import { elementCount, isDatatype, type Tensor } from './tensors.js';

export interface ModelTensors {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

export interface InferRequest {
  readonly id?: string;
  /** In the order of the model's inputs. */
  readonly inputs: readonly Tensor[];
  /** First axis of every input. */
  readonly rows: number;
  readonly outputs: readonly { readonly name: string; readonly binary: boolean }[];
  /** Epoch milliseconds, from `parameters.event_time`. */
  readonly eventTime?: number;
  /** From `parameters.synthetic`: a probe, such as a smoke test; logged, and no part of production's data. */
  readonly synthetic: boolean;
  /** Values that slipway.yaml says should not be; they are answered. */
  readonly warnings: readonly FeatureWarning[];
}

export type ReadRequest =
  | { readonly kind: 'request'; readonly request: InferRequest }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'too_large'; readonly reason: string };

/**
 * A request of the Open Inference Protocol v2, checked against the model: every mistake is named, with the
 * signature that was expected.
 *
 * @param body the parsed JSON part
 * @param binary what followed the JSON part (`binary_tensor_data`)
 * @param maxRows rows of one request
 * @param checks what slipway.yaml says of values
 */
export const readRequest = (
  body: unknown,
  binary: Uint8Array,
  model: ModelTensors,
  maxRows: number,
  checks: readonly FeatureCheck[],
): ReadRequest => {
  if (!isRecord(body)) return refused(['the body is no object'], model);
  if (!Array.isArray(body['inputs'])) return refused(['inputs is no array'], model);
  const mistakes: string[] = [];
  const inputs = readInputs(body['inputs'], binary, model.inputs, mistakes);
  const outputs = readOutputs(body['outputs'], body['parameters'], model.outputs, mistakes);
  const id = body['id'];
  if (id !== undefined && typeof id !== 'string') mistakes.push('id is no text');
  const parameters = isRecord(body['parameters']) ? body['parameters'] : {};
  const eventTime = parameters['event_time'];
  const synthetic = parameters['synthetic'];
  if (synthetic !== undefined && typeof synthetic !== 'boolean') mistakes.push('parameters.synthetic is no boolean');
  if (eventTime !== undefined && !isInstant(eventTime)) mistakes.push('parameters.event_time is no epoch milliseconds');
  const rows = inputs[0]?.shape[0] ?? 1;
  if (mistakes.length === 0 && inputs.some((input) => input.shape[0] !== rows)) {
    mistakes.push('the inputs have different numbers of rows');
  }
  if (mistakes.length === 0 && rows < 1) mistakes.push('the inputs have no rows');
  if (mistakes.length > 0) return refused(mistakes, model);
  if (rows > maxRows) return { kind: 'too_large', reason: `${rows} rows in one request, at most ${maxRows} are taken` };
  const { refusals, warnings } = checkFeatures(checks, inputs);
  if (refusals.length > 0) return refused(refusals, model);
  return {
    kind: 'request',
    request: {
      ...(typeof id === 'string' ? { id } : {}),
      inputs,
      rows,
      outputs,
      synthetic: synthetic === true,
      warnings,
      ...(isInstant(eventTime) ? { eventTime } : {}),
    },
  };
};

/** `hour FP32 [-1, 1], origin BYTES [-1, 1]` */
export const describeTensors = (specs: readonly TensorSpec[]): string =>
  specs.map((spec) => `${spec.name} ${spec.datatype} [${spec.shape.join(', ')}]`).join(', ');

const refused = (mistakes: readonly string[], model: ModelTensors): ReadRequest => ({
  kind: 'refused',
  reason: `${mistakes.slice(0, 20).join('; ')}; expected inputs: ${describeTensors(model.inputs)}`,
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isInstant = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Math.abs(value as number) <= 8.64e15;

const readInputs = (
  given: readonly unknown[],
  binary: Uint8Array,
  specs: readonly TensorSpec[],
  mistakes: string[],
): readonly Tensor[] => {
  const found = new Array<Tensor | undefined>(specs.length);
  const seen = new Array<boolean>(specs.length).fill(false);
  let offset = 0;
  for (let index = 0; index < given.length; index += 1) {
    const entry: unknown = given[index];
    if (!isRecord(entry) || typeof entry['name'] !== 'string') {
      mistakes.push(`input ${index} has no name`);
      continue;
    }
    const name = entry['name'];
    const size = isRecord(entry['parameters']) ? entry['parameters']['binary_data_size'] : undefined;
    let bytes: Uint8Array | undefined;
    if (size !== undefined) {
      if (!Number.isSafeInteger(size) || (size as number) < 0 || offset + (size as number) > binary.length) {
        mistakes.push(`${name.slice(0, 100)}: binary_data_size is beyond the binary data`);
        return [];
      }
      bytes = binary.subarray(offset, offset + (size as number));
      offset += size as number;
    }
    // Callers mostly keep the model's order.
    const at = specs[index]?.name === name ? index : specs.findIndex((spec) => spec.name === name);
    if (at < 0) mistakes.push(`the model has no input ${JSON.stringify(name.slice(0, 100))}`);
    else if (seen[at] === true) mistakes.push(`the input ${name} is there twice`);
    else {
      seen[at] = true;
      found[at] = readTensor(entry, specs[at]!, bytes, mistakes);
    }
  }
  if (offset !== binary.length) mistakes.push(`${binary.length - offset} bytes of binary data belong to no input`);
  for (const [at, spec] of specs.entries()) if (seen[at] !== true) mistakes.push(`the input ${spec.name} is missing`);
  return found.filter((tensor): tensor is Tensor => tensor !== undefined);
};

const readTensor = (
  entry: Readonly<Record<string, unknown>>,
  spec: TensorSpec,
  bytes: Uint8Array | undefined,
  mistakes: string[],
): Tensor | undefined => {
  const { datatype, shape, data } = entry;
  const wrong = (what: string): undefined => void mistakes.push(`${spec.name}: ${what}`);
  if (!isDatatype(datatype) || datatype !== spec.datatype) return wrong(`datatype is not ${spec.datatype}`);
  if (Array.isArray(shape) && shape.includes(-1)) return wrong('shape has a -1: a request says how many there are');
  if (!Array.isArray(shape) || !fits(shape, spec.shape)) return wrong(`shape is not [${spec.shape.join(', ')}]`);
  const count = elementCount(shape);
  if (count === undefined) return wrong('shape is no list of lengths, or too large');
  const axes = shape as readonly number[];
  if (bytes !== undefined && data !== undefined) return wrong('has both data and binary data');
  const decoded = bytes === undefined ? decodeJson(datatype, axes, count, data) : decodeBinary(datatype, count, bytes);
  if (!decoded.ok) return wrong(decoded.reason);
  return {
    name: spec.name,
    datatype,
    shape: axes,
    data: decoded.data,
    ...(decoded.missing === undefined ? {} : { missing: decoded.missing }),
  };
};

const fits = (shape: readonly unknown[], expected: readonly number[]): boolean =>
  shape.length === expected.length &&
  expected.every((axis, index) =>
    axis === -1 ? Number.isInteger(shape[index]) && (shape[index] as number) >= 0 : shape[index] === axis,
  );

const readOutputs = (
  given: unknown,
  parameters: unknown,
  specs: readonly TensorSpec[],
  mistakes: string[],
): InferRequest['outputs'] => {
  const allBinary = isRecord(parameters) && parameters['binary_data_output'] === true;
  if (given === undefined || (Array.isArray(given) && given.length === 0))
    return specs.map(({ name }) => ({ name, binary: allBinary }));
  if (!Array.isArray(given)) {
    mistakes.push('outputs is no array');
    return [];
  }
  return given.flatMap((entry: unknown, index) => {
    const name = isRecord(entry) ? entry['name'] : undefined;
    if (!specs.some((spec) => spec.name === name)) {
      const known = specs.map((spec) => spec.name).slice(0, 20);
      mistakes.push(
        `the model has no output ${JSON.stringify(name ?? index).slice(0, 100)}, its outputs are ${known.join(', ')}`,
      );
      return [];
    }
    const own = isRecord(entry) && isRecord(entry['parameters']) ? entry['parameters']['binary_data'] : undefined;
    return [{ name: name as string, binary: typeof own === 'boolean' ? own : allBinary }];
  });
};
