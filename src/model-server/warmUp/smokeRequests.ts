import type { SmokeChunk } from '../../domain/artifact/contents.js';
import { readRequest, type InferRequest, type ModelTensors } from '../../domain/inference/readRequest.js';
import { inferenceRequest } from '../../domain/inference/request.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import { toBytes } from '../http/answer.js';

/** A request as a caller would send it. */
export interface SmokeRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One row first and most often, as most callers send. */
const ROWS = [1, 1, 1, 8, 1, 1, 1, 32];
const TRACE = { traceparent: '00-00000000000000000000000000000001-0000000000000001-01' };

/** Smoke rows in the forms that requests have, for one round each: few rows and many, in JSON and with binary tensors. */
export const smokeRequests = (
  smoke: SmokeChunk | undefined,
  features: readonly FeatureSpec[],
  tensors: ModelTensors,
  maxRows: number,
): readonly (readonly SmokeRequest[])[] => {
  const most = Math.min(smoke?.expected.length ?? 0, maxRows);
  if (smoke === undefined || most === 0) return [];
  return ROWS.map((wanted) => {
    const rows = Math.min(wanted, most);
    // Not as rows of a probe: what is done for callers' rows alone is warm then, too.
    const { inputs } = inferenceRequest({ features, inputs: tensors.inputs }, smoke.columns, 0, rows);
    const json = { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ inputs })) };
    const read = readRequest({ inputs }, new Uint8Array(0), tensors, rows, []);
    return read.kind === 'request' ? [json, withBinaryTensors(read.request)] : [json];
  });
};

const withBinaryTensors = ({ inputs }: InferRequest): SmokeRequest => {
  const binaries = inputs.map(toBytes);
  const head = Buffer.from(
    JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: inputs.map(({ name, datatype, shape }, index) => ({
        ...{ name, datatype, shape },
        parameters: { binary_data_size: binaries[index]!.length },
      })),
    }),
  );
  return {
    headers: {
      ...TRACE,
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    },
    body: Buffer.concat([head, ...binaries]),
  };
};
