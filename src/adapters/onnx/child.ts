/** Loads one model and answers one question about it, in a process of its own; see inferenceRunner.ts. */
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { inspectModel } from '../../domain/artifact/inspectModel.js';
import type { TensorSpec } from '../../domain/artifact/types.js';
import { clip } from '../../domain/clip.js';
import { describeValue } from '../../domain/inference/onnxTypes.js';
import { predictionsOf } from '../../domain/inference/predictions.js';
import type { Datatype, TensorData } from '../../domain/inference/tensors.js';
import { endWithParent } from '../../transport/untrustedChild.js';
import type { Question } from './protocol.js';
import { toFeeds } from './tensors.js';

// Where Node has arrays of half floats (from 24 on), ONNX Runtime's library makes some, and its native part cannot read them:
// without them it takes and gives the bits. Nothing else runs in this process.
Reflect.deleteProperty(globalThis, 'Float16Array');

const ROWS_PER_RUN = 8_192;

/** Names and messages can be as long as the file; nobody reads so much, and those who asked have to keep it. */
const MOST_NAME = 256;
const MOST_MESSAGE = 2_000;
const MOST_TENSORS = 1_024;

const described = (session: ort.InferenceSession) => ({
  inputs: session.inputMetadata.map(describeValue),
  outputs: session.outputMetadata.map(describeValue),
});

const clipped = (spec: TensorSpec): TensorSpec => ({ ...spec, name: clip(spec.name, MOST_NAME) });

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
  const { inputs, outputs } = described(session);
  if (question.kind === 'describe') {
    const tensors = inputs.length + outputs.length;
    if (tensors > MOST_TENSORS)
      throw new Error(`it has ${tensors} inputs and outputs, and at most ${MOST_TENSORS} are taken`);
    return { inputs: inputs.map(clipped), outputs: outputs.map(clipped) };
  }
  const predictions: number[] = [];
  const datatype = outputs.find(({ name }) => name === question.output)?.datatype ?? '';
  for (let from = 0; from < question.rows; from += ROWS_PER_RUN) {
    const to = Math.min(from + ROWS_PER_RUN, question.rows);
    const feeds = toFeeds(question.features, inputs, question.columns, from, to);
    const output = (await session.run(feeds, [question.output]))[question.output];
    const found = output === undefined ? undefined : predictionsOf(tensorOf(output, datatype), to - from);
    if (found === undefined)
      throw new Error(
        `${question.output} has ${output?.size ?? 0} values for ${to - from} rows, expected one probability per row, or two`,
      );
    for (let row = 0; row < found.length; row += 1) predictions.push(found[row]!);
  }
  return predictions;
};

const tensorOf = ({ dims, data }: ort.Tensor, datatype: string) => ({
  name: '',
  datatype: datatype as Datatype,
  shape: dims,
  data: data as TensorData,
});

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
