/** install, checks, build, artifact and signature of slipway.yaml. */
import { z } from 'zod';
import { columnName, duration, name, paramName, paramValue, repositoryPath, variableName } from '../names.js';
import { mapping } from '../yaml/expected.js';

const RUN_WORDS = 'a command for /bin/sh -c, at most 8,192 characters';
export const run = z
  .string({ error: RUN_WORDS })
  .regex(/\S/, RUN_WORDS)
  .max(8192, RUN_WORDS)
  .describe('Command for /bin/sh -c, in the root of a clean checkout.');

const env = z
  .record(variableName, z.string({ error: 'text (put numbers in quotes)' }).max(4096))
  .default({})
  .describe('Variables of this command. Never secrets: this file is in the repository.');

const command = { run, env };
const timeout = (standard: string) =>
  duration('1s', '7d').prefault(standard).describe('The command and all its children are killed after this time.');

export const install = mapping({ ...command, timeout: timeout('10m') }).describe(
  'Prepares a clean checkout (dependencies), before the checks and before the build.',
);

export const check = mapping({
  name,
  kind: z.enum(['lint', 'unit', 'integration']),
  ...command,
  junit: repositoryPath
    .exactOptional()
    .describe('JUnit XML that the check writes: its counts and failing names become evidence.'),
  timeout: timeout('10m'),
});

export const build = mapping({
  params: z
    .record(paramName, paramValue)
    .default({})
    .describe('Given to the steps as JSON in the file $SLIPWAY_PARAMS_FILE; a release can override them.'),
  steps: z
    .array(mapping({ name, ...command, timeout: timeout('30m') }))
    .min(1)
    .max(50),
});

const prose = z.string().min(1).max(4_000).exactOptional();

const modelCard = mapping({
  intendedUse: prose.describe('What the model is for.'),
  limitations: prose.describe('Where it is wrong, and what it must not be used for.'),
  trainingData: prose.describe('What it learned from, in words.'),
  contact: prose.describe('Who answers questions.'),
  documentation: z.url({ protocol: /^https?$/, error: 'an http or https address' }).exactOptional(),
});

export const artifact = mapping({
  model: repositoryPath.describe('The ONNX file that is served.'),
  evaluation: repositoryPath.describe(
    'Held-out rows (Parquet, CSV or NDJSON): every feature, the label, the event time. Gates compute their metrics from these.',
  ),
  reference: repositoryPath.describe(
    'Training rows or a sample of them: the reference that drift is measured against.',
  ),
  report: repositoryPath.exactOptional().describe("JSON with the trainer's own words. Shown, never trusted."),
  licence: z.string().min(1).max(100).exactOptional().describe('SPDX expression of the model.'),
  card: modelCard.exactOptional().describe('Model card, kept in the artifact.'),
});

const feature = mapping({
  name: columnName.describe("Also the name of the graph's input, shape [rows, 1]."),
  type: z
    .enum(['number', 'integer', 'string'])
    .describe('number: FP32 (NaN is missing); integer: INT64; string: BYTES.'),
  log: z.enum(['value', 'hash', 'drop']).default('value').describe('What the prediction log keeps.'),
  min: z.number().exactOptional(),
  max: z.number().exactOptional(),
  categories: z.array(z.string().max(256)).min(1).max(10_000).exactOptional(),
});

export const signature = mapping({
  features: z.array(feature).min(1).max(1000),
  prediction: columnName.default('probability').describe("The graph's output: probability of the positive class."),
  label: columnName.describe('Column of the label, 0 or 1, in the evaluation and reference tables.'),
  eventTime: columnName.describe('Column of the event time, epoch milliseconds or a timestamp.'),
});
