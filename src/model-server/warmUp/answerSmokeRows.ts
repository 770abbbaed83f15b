import type { SmokeChunk } from '../../domain/artifact/contents.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { predictionsOf } from '../../domain/inference/predictions.js';
import { readRequest } from '../../domain/inference/readRequest.js';
import { inferenceRequest } from '../../domain/inference/request.js';
import type { Engine } from '../inference/engine.js';
import type { OpenedArtifact } from '../openArtifact.js';

const MOST_ROWS = 32;

/** Real rows of the artifact through the model before the first caller: a model that fails on them is not ready (`model_invalid`). */
export const answerSmokeRows = async (engine: Engine, artifact: OpenedArtifact, maxRows: number): Promise<void> => {
  if (artifact.smoke === undefined) return;
  const { smoke } = artifact;
  const most = Math.min(MOST_ROWS, smoke.expected.length, maxRows);
  // One row alone first: memory is laid out for each shape anew.
  for (const rows of new Set([Math.min(1, most), most])) if (rows > 0) await answerSmoke(engine, artifact, smoke, rows);
};

const answerSmoke = async (
  engine: Engine,
  artifact: OpenedArtifact,
  smoke: SmokeChunk,
  rows: number,
): Promise<void> => {
  const { features, prediction } = artifact.signature;
  const { inputs } = engine.tensors;
  const body = inferenceRequest({ features, inputs }, smoke.columns, 0, rows);
  // Asked of the model alone: what slipway.yaml refuses of callers says nothing of whether it works.
  const read = readRequest(body, new Uint8Array(0), engine.tensors, rows, []);
  if (read.kind !== 'request')
    throw new SlipwayError('model_invalid', `the model does not take its own smoke rows: ${read.reason}`);
  const outcome = await engine.infer(read.request.inputs, rows);
  if (outcome?.kind !== 'done')
    throw new SlipwayError(
      'model_invalid',
      `the model fails on its own smoke rows: ${outcome?.kind === 'failed' ? outcome.reason : 'no answer'}`,
    );
  const answered = outcome.outputs.find(({ name }) => name === prediction)!;
  if (predictionsOf(answered, rows) === undefined)
    throw new SlipwayError(
      'model_invalid',
      `the model's ${prediction} has the shape [${answered.shape.join(', ')}] for ${rows} rows, expected one probability per row, or two`,
    );
};
