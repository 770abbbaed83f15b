/** Loads one model and answers one question about it, in a process of its own; see inferenceRunner.ts. */
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { inspectModel } from '../../domain/artifact/inspectModel.js';
import { clip } from '../../domain/clip.js';
import { endWithParent } from '../../transport/untrustedChild.js';
import type { Question } from './protocol.js';
import { toTensor } from './tensors.js';

const DATATYPES: Readonly<Record<string, string>> = {
  float32: 'FP32',
  float64: 'FP64',
  float16: 'FP16',
  int64: 'INT64',
  int32: 'INT32',
  int16: 'INT16',
  int8: 'INT8',
  uint64: 'UINT64',
  uint32: 'UINT32',
  uint16: 'UINT16',
  uint8: 'UINT8',
  bool: 'BOOL',
  string: 'BYTES',
};

const ROWS_PER_RUN = 8_192;

/** Names and messages can be as long as the file; nobody reads so much, and those who asked have to keep it. */
const MOST_NAME = 256;
const MOST_MESSAGE = 2_000;
const MOST_TENSORS = 1_024;

type Metadata = ort.InferenceSession['inputMetadata'][number];

const describeTensor = (metadata: Metadata) => ({
  name: clip(metadata.name, MOST_NAME),
  datatype: metadata.isTensor ? (DATATYPES[metadata.type] ?? metadata.type) : 'not a tensor',
  shape: metadata.isTensor ? metadata.shape.map((axis) => (typeof axis === 'number' && axis >= 0 ? axis : -1)) : [],
});

const answer = async (question: Question): Promise<unknown> => {
  const file = readFileSync(question.modelPath);
  const { problem } = inspectModel(file);
  if (problem !== undefined) throw new Error(problem);
  // From memory: what was looked at is what is loaded.
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  if (question.kind === 'describe') {
    const tensors = session.inputMetadata.length + session.outputMetadata.length;
    if (tensors > MOST_TENSORS)
      throw new Error(`it has ${tensors} inputs and outputs, and at most ${MOST_TENSORS} are taken`);
    return { inputs: session.inputMetadata.map(describeTensor), outputs: session.outputMetadata.map(describeTensor) };
  }
  const predictions: number[] = [];
  for (let from = 0; from < question.rows; from += ROWS_PER_RUN) {
    const to = Math.min(from + ROWS_PER_RUN, question.rows);
    const feeds = Object.fromEntries(
      question.features.map((feature) => [
        feature.name,
        toTensor(feature, (question.columns[feature.name] ?? []).slice(from, to), to - from),
      ]),
    );
    const output = (await session.run(feeds, [question.output]))[question.output];
    if (output === undefined || output.size !== to - from)
      throw new Error(`${question.output} has ${output?.size ?? 0} values for ${to - from} rows`);
    for (const value of output.data as Float32Array) predictions.push(Number(value));
  }
  return predictions;
};

endWithParent();

process.once('message', (question: Question) => {
  void answer(question).then(
    (result) => process.send?.({ ok: true, result }, () => process.exit(0)),
    (error: unknown) =>
      process.send?.(
        { ok: false, message: clip(error instanceof Error ? error.message : String(error), MOST_MESSAGE) },
        () => process.exit(0),
      ),
  );
});
