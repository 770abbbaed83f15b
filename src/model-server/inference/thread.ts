/** The thread that runs the model: onnxruntime-node computes on the thread that calls it, and health must go on. */
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';
import { inspectModel } from '../../domain/artifact/inspectModel.js';
import { describeValue, isServable, onnxTypeOf } from '../../domain/inference/onnxTypes.js';
import type { Datatype, TensorData } from '../../domain/inference/tensors.js';
import { bytesOf, sizeOf, viewOf } from './packing.js';
import type { Part, Reply, Run, ThreadData } from './protocol.js';

// Where Node has arrays of half floats (from 24 on), ONNX Runtime's library makes some, and its native part cannot read them:
// without them it takes and gives the bits. This thread has a global object of its own.
Reflect.deleteProperty(globalThis, 'Float16Array');

const port = parentPort!;
const reply = (message: Reply): void => port.postMessage(message);

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
  const inputs = session.inputMetadata.map(describeValue);
  const strange = inputs.find((input) => !isServable(input));
  if (strange !== undefined)
    throw new Error(`its input ${strange.name} is ${strange.datatype}, for which the protocol has no word`);
  // A run that asks for an output that is no tensor is refused as a whole.
  const outputs = session.outputMetadata.map(describeValue).filter(isServable);
  const wanted = outputs.map((output) => output.name);
  const datatypes = inputs.map((input) => input.datatype as Datatype);
  const types = datatypes.map(onnxTypeOf);
  const run = async (message: Run): Promise<void> => {
    const { id } = message;
    try {
      const feeds: Record<string, ort.Tensor> = {};
      let at = 0;
      let text = 0;
      for (const [index, { name }] of inputs.entries()) {
        const shape = message.shapes[index]!;
        const datatype = datatypes[index]!;
        if (datatype === 'BYTES') feeds[name] = new ort.Tensor('string', message.texts[text++]!, shape);
        else {
          const view = viewOf(datatype, message.buffer, at, sizeOf(shape));
          feeds[name] = new ort.Tensor(types[index] as 'float32', view as Float32Array, shape);
          at += bytesOf(datatype, shape);
        }
      }
      const results = await session.run(feeds, wanted);
      reply({
        kind: 'done',
        id,
        outputs: outputs.map(({ name }) => partOf(results[name]!)),
      });
    } catch (error) {
      reply({ kind: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
    }
  };
  port.on('message', (message: Run) => void run(message));
  reply({ kind: 'loaded', inputs, outputs });
};

const partOf = ({ dims: shape, data }: ort.Tensor): Part => ({ shape, data: data as TensorData });

load()
  .then(serve)
  .catch((error: unknown) =>
    reply({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) }),
  );
