import type { ServerResponse } from 'node:http';
import { ELEMENT_BYTES, type Tensor } from '../../domain/inference/tensors.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A text goes out in one piece with the head. */
  readonly body: string | Buffer;
}

// Exactly this: KServe's client compares it.
const JSON_TYPE = { 'content-type': 'application/json' };

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(value),
});

/** An error in the protocol's words. */
export const failure = (status: number, error: string, headers: Readonly<Record<string, string>> = {}): Answer =>
  json(status, { error }, headers);

export const send = (response: ServerResponse, answer: Answer): void => {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
};

export interface InferAnswer {
  readonly model: string;
  readonly version: string;
  readonly requestId: string;
  readonly id: string | undefined;
  readonly outputs: readonly { readonly tensor: Tensor; readonly binary: boolean }[];
}

/** The answer to an inference: JSON, with the binary tensors after it where they were asked for. */
export const inferAnswer = (answer: InferAnswer): Answer => {
  const binaries: Buffer[] = [];
  const outputs = answer.outputs.map(({ tensor, binary }) => {
    const { name, datatype, shape } = tensor;
    if (!binary) return { name, datatype, shape, data: toJson(tensor) };
    const bytes = toBytes(tensor);
    binaries.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const head = JSON.stringify({
    model_name: answer.model,
    model_version: answer.version,
    ...(answer.id === undefined ? {} : { id: answer.id }),
    parameters: { request_id: answer.requestId },
    outputs,
  });
  if (binaries.length === 0) return { status: 200, headers: JSON_TYPE, body: head };
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(Buffer.byteLength(head)),
    },
    body: Buffer.concat([Buffer.from(head), ...binaries]),
  };
};

/** NaN has no JSON form and becomes null; whole numbers beyond 2^53 lose their last digits, as in every JSON client. */
const toJson = ({ datatype, data }: Tensor): readonly unknown[] => {
  if (Array.isArray(data)) return data;
  if (datatype === 'BOOL') return Array.from(data as Uint8Array, (value) => value !== 0);
  if (datatype === 'INT64' || datatype === 'UINT64') return Array.from(data as BigInt64Array, Number);
  return Array.from(data as Float32Array);
};

const toBytes = ({ datatype, data }: Tensor): Buffer => {
  if (!Array.isArray(data)) {
    return Buffer.from(data.buffer, data.byteOffset, data.length * ELEMENT_BYTES[datatype as 'FP32']);
  }
  return Buffer.concat(
    data.map((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
};
