import { BYTES, Malformed, text, walk } from './wire.js';
import { boolField, element, int64s, textElement, textField, type Part } from './write.js';

/** The small messages of `inference.GRPCInferenceService` and `grpc.health.v1.Health`. */

/** ModelReadyRequest and ModelMetadataRequest: both are name and version; undefined where the message is neither. */
export const readModelName = (message: Uint8Array): { readonly name: string; readonly version: string } | undefined => {
  const found = { name: '', version: '' };
  try {
    walk(message, 0, message.length, (field, wire, start, end) => {
      if (field === 1 && wire === BYTES) found.name = text(message, start, end);
      if (field === 2 && wire === BYTES) found.version = text(message, start, end);
    });
    return found;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
};

/** ServerLiveResponse, ServerReadyResponse, ModelReadyResponse: one boolean each. */
export const writeYes = (yes: boolean): readonly Part[] => boolField(1, yes);

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export const writeServerMetadata = ({ name, version, extensions }: ServerMetadata): readonly Part[] => [
  ...textField(1, name),
  ...textField(2, version),
  ...extensions.flatMap((extension) => textElement(3, extension)),
];

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export const writeModelMetadata = (model: ModelMetadata): readonly Part[] => [
  ...textField(1, model.name),
  ...model.versions.flatMap((version) => textElement(2, version)),
  ...textField(3, model.platform),
  ...model.inputs.flatMap((tensor) => element(4, tensorMetadata(tensor))),
  ...model.outputs.flatMap((tensor) => element(5, tensorMetadata(tensor))),
];

const tensorMetadata = ({ name, datatype, shape }: TensorMetadata): readonly Part[] => [
  ...textField(1, name),
  ...textField(2, datatype),
  ...int64s(3, shape),
];

/** HealthCheckResponse: SERVING is 1, NOT_SERVING 2. */
export const writeHealth = (serving: boolean): readonly Part[] => [Uint8Array.from([8, serving ? 1 : 2])];
