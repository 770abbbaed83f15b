/** install, checks, build, artifact and signature of slipway.yaml. */
import { z } from 'zod';
import { isSpdxForm } from '../../domain/artifact/spdx.js';
import { isPattern } from '../../domain/build/matchPath.js';
import {
  columnName,
  digest,
  duration,
  name,
  paramName,
  paramValue,
  repositoryPath,
  size,
  variableName,
} from '../names.js';
import { mapping, wholeNumber } from '../yaml/expected.js';

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

const secrets = z
  .array(name)
  .max(20)
  .exactOptional()
  .describe('Names of secrets that it needs: $SLIPWAY_SECRET_<NAME> is the path of a file that only it can read.');

export const network = z
  .boolean()
  .exactOptional()
  .describe('It may reach other machines. Without it a command reaches none, where the worker has bubblewrap.');

const command = { run, env, secrets, network };
const timeout = (standard: string) =>
  duration('1s', '7d').prefault(standard).describe('The command and all its children are killed after this time.');

const MAX_NAMES = 32;
const MAX_ANY_FOLDERS = 4;

const filePattern = repositoryPath
  .refine((path) => {
    const names = isPattern(path) ? path.split('/') : [];
    return names.length <= MAX_NAMES && names.filter((name) => name === '**').length <= MAX_ANY_FOLDERS;
  }, `a pattern of at most ${MAX_NAMES} names, ${MAX_ANY_FOLDERS} of them **`)
  .describe('A file, a folder, or a pattern: * within a name, ** for any folders.');

export const install = mapping({
  ...command,
  run: run.exactOptional(),
  python: repositoryPath
    .exactOptional()
    .describe(
      'A lock file of Python with hashes: its virtual environment is made once and kept, and its programs are there for every command.',
    ),
  inputs: z
    .array(filePattern)
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Files that decide on what it prepares; its lock files where absent. Steps run again when they change.'),
  timeout: timeout('10m'),
}).describe('Prepares a clean checkout (dependencies), before the checks and before the build.');

export const check = mapping({
  name: name.describe('Also the end of its status at the commit.'),
  kind: z.enum(['lint', 'unit', 'integration']).describe('What it is called in reports.'),
  ...command,
  junit: repositoryPath
    .exactOptional()
    .describe('JUnit XML that the check writes: its counts and failing names become evidence.'),
  coverage: repositoryPath
    .exactOptional()
    .describe('lcov or Cobertura report that the check writes: its share of covered lines becomes evidence.'),
  timeout: timeout('10m'),
});

const URI_WORDS = 'an address that begins with file:///, s3:// or https://';

const dataInput = mapping({
  uri: z
    .string({ error: URI_WORDS })
    .regex(/^(?:file:\/\/\/|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/|https:\/\/[^/\s@]+\/)\S{1,2000}$/, URI_WORDS)
    .describe('Where the data is. Folders and buckets must be allowed by the operator.'),
  digest: digest.describe('What it must be: anything else is refused.'),
  path: repositoryPath.describe('Where the step finds it.'),
});

const retries = wholeNumber()
  .min(0)
  .max(5)
  .exactOptional()
  .describe('How often it is tried again. Every attempt stays in the evidence, and the step is marked flaky.');

const resources = mapping({
  memory: size.exactOptional().describe('Data that each of its processes may hold.'),
  cpu: duration('1s', '7d').exactOptional().describe('Processor time of each of its processes.'),
})
  .exactOptional()
  .describe('Limits of its processes.');

const step = mapping({
  name: name.describe('Of this step alone.'),
  ...command,
  needs: z
    .array(name)
    .max(50)
    .exactOptional()
    .describe(
      'Steps that must have ended before; the step written before it where absent. Steps that wait for nothing run at once.',
    ),
  inputs: z
    .array(z.union([filePattern, dataInput], { error: 'a path, a pattern, or {uri, digest, path}' }))
    .max(200)
    .exactOptional()
    .describe('What it reads: the step is skipped while none of it changes. The whole repository where absent.'),
  outputs: z
    .array(repositoryPath)
    .min(1)
    .max(100)
    .exactOptional()
    .describe(
      'Files and folders it writes, which come back from the store when it is skipped. Never skipped where absent.',
    ),
  checkpoint: repositoryPath
    .exactOptional()
    .describe(
      'A folder for itself: what it writes there comes back when it is tried again in the same release, also after its worker was lost. It starts clean where absent.',
    ),
  params: z
    .array(paramName)
    .max(100)
    .exactOptional()
    .describe('Names of the parameters it reads, and is given; all of them where absent.'),
  timeout: timeout('30m'),
  retries,
  resources,
});

/** What a dvc.yaml has no words for. */
const stageSettings = mapping({
  env,
  secrets,
  network,
  timeout: timeout('30m'),
  retries,
  resources,
});

export const build = mapping({
  params: z
    .record(paramName, paramValue)
    .default({})
    .describe('Given to the steps as JSON in the file $SLIPWAY_PARAMS_FILE; a release can override them.'),
  steps: z.array(step).min(1).max(50).exactOptional().describe('Commands that need each other as they say.'),
  dvc: repositoryPath.exactOptional().describe('A dvc.yaml whose stages are the steps, as they are.'),
  stages: z
    .record(z.string().min(1).max(200), stageSettings)
    .exactOptional()
    .describe('By name of a stage of dvc.yaml, or of a step that it makes: what dvc.yaml has no words for.'),
});

const prose = z.string().min(1).max(4_000).exactOptional();

const modelCard = mapping({
  intendedUse: prose.describe('What the model is for.'),
  limitations: prose.describe('Where it is wrong, and what it must not be used for.'),
  trainingData: prose.describe('What it learned from, in words.'),
  contact: prose.describe('Who answers questions.'),
  documentation: z
    .url({ protocol: /^https?$/, error: 'an http or https address' })
    .exactOptional()
    .describe('Where more is written.'),
});

const LICENCE_WORDS = 'an SPDX expression such as Apache-2.0 or LicenseRef-Internal, at most 100 characters';

export const artifact = mapping({
  model: repositoryPath.describe('The ONNX file that is served.'),
  evaluation: repositoryPath.describe(
    'Held-out rows (Parquet, CSV or NDJSON): every feature, the label, the event time. Gates compute their metrics from these.',
  ),
  reference: repositoryPath.describe(
    'Training rows or a sample of them: the reference that drift is measured against.',
  ),
  report: repositoryPath.exactOptional().describe("JSON with the trainer's own words. Shown, never trusted."),
  licence: z
    .string({ error: LICENCE_WORDS })
    .max(100, LICENCE_WORDS)
    .refine(isSpdxForm, LICENCE_WORDS)
    .exactOptional()
    .describe('SPDX expression of the model.'),
  card: modelCard.exactOptional().describe('Model card, kept in the artifact.'),
});

const feature = mapping({
  name: columnName.describe("Also the name of the graph's input, where it has not one input for all features."),
  type: z
    .enum(['number', 'integer', 'string'])
    .describe('number: FP32, FP64 or FP16 (NaN is missing); integer: any whole numbers, or BOOL; string: BYTES.'),
  log: z.enum(['value', 'hash', 'drop']).default('value').describe('What the prediction log keeps.'),
  min: z.number().exactOptional().describe('Least value that it should have.'),
  max: z.number().exactOptional().describe('Greatest value that it should have.'),
  categories: z.array(z.string().max(256)).min(1).max(10_000).exactOptional().describe('Values that it should have.'),
  missing: z.enum(['allow', 'refuse']).exactOptional().describe('Whether a request may leave it out. Default: allow.'),
  infinite: z
    .enum(['allow', 'refuse'])
    .exactOptional()
    .describe('Whether a number may be infinite (binary tensors can say so). Default: refuse.'),
});

export const signature = mapping({
  features: z
    .array(feature)
    .min(1)
    .max(1000)
    .describe('Inputs of the graph, in the order in which requests may give them.'),
  prediction: columnName
    .default('probability')
    .describe("The graph's output: probability of the positive class, or of both classes."),
  label: columnName.describe('Column of the label, 0 or 1, in the evaluation and reference tables.'),
  eventTime: columnName.describe('Column of the event time, epoch milliseconds or a timestamp.'),
});
