import { halfToNumber } from '../../domain/inference/half.js';
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
  /** What was odd about the values, in words. */
  readonly warnings: string | undefined;
  readonly outputs: readonly { readonly tensor: Tensor; readonly binary: boolean }[];
}

/** The answer to an inference: JSON, with the binary tensors after it where they were asked for. */
export const inferAnswer = (answer: InferAnswer): Answer => {
  const binaries: Buffer[] = [];
  const outputs = answer.outputs.map(({ tensor, binary }) => {
    const { name, datatype, shape } = tensor;
    if (!binary) return `${JSON.stringify({ name, datatype, shape }).slice(0, -1)},"data":${dataJson(tensor)}}`;
    const bytes = toBytes(tensor);
    binaries.push(bytes);
    return JSON.stringify({ name, datatype, shape, parameters: { binary_data_size: bytes.length } });
  });
  const { id, warnings } = answer;
  const head = `${JSON.stringify({
    model_name: answer.model,
    model_version: answer.version,
    ...(id === undefined ? {} : { id }),
    parameters: { request_id: answer.requestId, ...(warnings === undefined ? {} : { warnings }) },
  }).slice(0, -1)},"outputs":[${outputs.join(',')}]}`;
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

/** NaN and infinities have no JSON form and become null; whole numbers have all of their digits, which Python reads exactly. */
const dataJson = ({ datatype, data }: Tensor): string => {
  if (Array.isArray(data)) return JSON.stringify(data);
  if (datatype === 'INT64' || datatype === 'UINT64') return `[${(data as BigInt64Array).join(',')}]`;
  if (datatype === 'BOOL') return JSON.stringify(Array.from(data as Uint8Array, (value) => value !== 0));
  if (datatype === 'FP16') return JSON.stringify(Array.from(data as Uint16Array, halfToNumber));
  return JSON.stringify(Array.from(data as Float32Array));
};

/** A tensor as `binary_tensor_data`. */
export const toBytes = ({ datatype, data }: Tensor): Buffer => {
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
