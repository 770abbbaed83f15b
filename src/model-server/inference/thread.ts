/** The thread that runs the model: onnxruntime-node computes on the thread that calls it, and health must go on. */
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { inspectModel } from '../../domain/artifact/inspectModel.js';
import type { TensorSpec } from '../../domain/artifact/types.js';
import type { Datatype, TensorData } from '../../domain/inference/tensors.js';
import { bytesOf, sizeOf, viewOf } from './packing.js';
import type { Reply, Run, ThreadData } from './protocol.js';

const DATATYPES: Readonly<Record<string, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

type Metadata = ort.InferenceSession['inputMetadata'][number];
type TensorMetadata = Extract<Metadata, { isTensor: true }>;

const port = parentPort!;
const reply = (message: Reply): void => port.postMessage(message);

const describe = (metadata: TensorMetadata): TensorSpec => ({
  name: metadata.name,
  datatype: DATATYPES[metadata.type] ?? metadata.type,
  shape: metadata.shape.map((axis) => (typeof axis === 'number' && axis >= 0 ? axis : -1)),
});

const load = async (): Promise<ort.InferenceSession> => {
  const { model, threads } = workerData as ThreadData;
  const file = new Uint8Array(model);
  // Who packaged it has looked, too; what was pulled from a registry may come from elsewhere.
  const { problem } = inspectModel(file);
  if (problem !== undefined) throw new Error(problem);
  return ort.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
};

const serve = (session: ort.InferenceSession): void => {
  const inputs = session.inputMetadata.filter((metadata) => metadata.isTensor);
  // A run that asks for an output that is no tensor is refused as a whole.
  const outputs = session.outputMetadata.filter((metadata) => metadata.isTensor);
  if (inputs.length < session.inputMetadata.length) throw new Error('the model has inputs that are no tensors');
  const wanted = outputs.map((output) => output.name);
  const datatypes = inputs.map((input) => DATATYPES[input.type] as Datatype);
  const run = async (message: Run): Promise<void> => {
    const { id } = message;
    try {
      const feeds: Record<string, ort.Tensor> = {};
      let at = 0;
      let text = 0;
      for (const [index, { name, type }] of inputs.entries()) {
        const shape = message.shapes[index]!;
        const datatype = datatypes[index]!;
        if (datatype === 'BYTES') feeds[name] = new ort.Tensor('string', message.texts[text++]!, shape);
        else {
          const view = viewOf(datatype, message.buffer, at, sizeOf(shape));
          feeds[name] = new ort.Tensor(type as 'float32', view as Float32Array, shape);
          at += bytesOf(datatype, shape);
        }
      }
      const results = await session.run(feeds, wanted);
      reply({
        kind: 'done',
        id,
        outputs: wanted.map((name) => ({ shape: results[name]!.dims, data: results[name]!.data as TensorData })),
      });
    } catch (error) {
      reply({ kind: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  port.on('message', (message: Run) => void run(message));
  reply({ kind: 'loaded', inputs: inputs.map(describe), outputs: outputs.map(describe) });
};

load()
  .then(serve)
  .catch((error: unknown) =>
    reply({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) }),
  );
