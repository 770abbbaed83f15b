/** gates of slipway.yaml. */
import { z } from 'zod';
import { METRIC_NAMES, PAIRED_METRICS } from '../../domain/spec/metrics.js';
import { columnName, duration, name, paramName, repositoryPath } from '../names.js';
import { mapping, wholeNumber } from '../yaml/expected.js';
import { network, run } from './build.js';

const metricName = z.enum(METRIC_NAMES);
const pairedMetric = z.enum(PAIRED_METRICS);
const share = z.number().min(0).max(1);
const confidence = z.number().min(0.5).max(0.999);
const limits = {
  min: z.number().exactOptional().describe('Least value that passes.'),
  max: z.number().exactOptional().describe('Greatest value that passes.'),
};

const slicing = {
  slice: columnName
    .exactOptional()
    .describe('Column of the evaluation table: the rule is asked of each of its values by itself.'),
  minRows: wholeNumber().min(1).exactOptional().describe('Of a slice (200); smaller ones are judged together.'),
  undecided: z
    .enum(['block', 'accept'])
    .exactOptional()
    .describe('A slice whose interval spans the limit is inconclusive (block), or accepted until harm is shown.'),
};

const threshold = mapping({
  metric: metricName.describe('Computed by Slipway from its own predictions of the evaluation rows.'),
  ...limits,
  confidence: confidence.exactOptional().describe('Then the whole interval must lie within the limits.'),
  ...slicing,
});

const paired = {
  test: z
    .enum(['non_inferiority', 'superiority'])
    .default('non_inferiority')
    .describe('Not worse by more than the margin, or better by more than it.'),
  margin: z
    .number()
    .min(0)
    .describe('In units of the metric: how much worse is still accepted (or how much better is asked for).'),
  confidence: confidence.default(0.95).describe('Of the interval that must lie on the right side of the margin.'),
};

const champion = mapping({
  champion: pairedMetric.describe('Metric that is compared with the champion, on the same rows, paired by block.'),
  ...paired,
  ...slicing,
});

const AT_WORDS = 'the digest of an artifact (sha256:…) or the full hash of its commit';

const anchor = mapping({
  anchor: pairedMetric.describe('Metric that is compared with one version that stays.'),
  at: z
    .string({ error: AT_WORDS })
    .regex(/^(?:sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/, AT_WORDS)
    .describe('The digest of an artifact, or the full hash of a commit whose release ended with one.'),
  ...paired,
});

const budget = mapping({
  budget: z
    .enum(['model_bytes', 'artifact_bytes', 'latency_p50', 'latency_p95', 'latency_p99'])
    .describe('Bytes, or milliseconds of requests of one row, over HTTP, in the environment of the gate.'),
  max: z.number().gt(0).describe('Most that passes.'),
});

const data = mapping({
  data: z.enum(['evaluation', 'reference']).describe('Table of the artifact that must hold what follows.'),
  minRows: wholeNumber().min(1).exactOptional().describe('Rows that it must have.'),
  maxNulls: share.exactOptional().describe("Share of each feature's values that may be missing."),
  maxInvalid: share
    .exactOptional()
    .describe("Share of each feature's values of another type, out of range, or of no declared category."),
  maxDuplicates: share.exactOptional().describe('Share of rows that repeat another row.'),
  maxAge: duration('1s', '3650d').exactOptional().describe('Of the newest row, by the clock of the environment.'),
});

const leakage = mapping({
  leakage: z
    .enum(['key', 'time'])
    .describe('key: evaluation rows that training has, too; time: evaluation rows that are not after all of it.'),
  columns: z
    .array(columnName)
    .min(1)
    .max(20)
    .exactOptional()
    .describe('Name a row in both tables; left out: features and event time.'),
  max: share.default(0).describe('Share of the evaluation rows.'),
});

const given = z.union([z.string().max(1024), z.number()], { error: 'text or a number' });

const behaviour = mapping({
  behaviour: z
    .enum(['same', 'rises', 'falls'])
    .describe('What the prediction must do when one feature of real rows is changed.'),
  change: columnName.describe('The feature.'),
  by: z.number().exactOptional().describe('Added to a number.'),
  to: z.array(given).min(1).max(100).exactOptional().describe('Put in its place, one after the other.'),
  tolerance: share.default(0.000001).describe('Change of the prediction that does not count.'),
  maxViolations: share.default(0).describe('Share of the changed rows that may behave otherwise.'),
  rows: wholeNumber().min(1).max(100_000).default(500).describe('Rows of the evaluation table that are changed.'),
});

const cases = mapping({
  cases: z
    .array(
      mapping({
        name: name.describe('Told where it fails.'),
        given: z.record(columnName, given).describe('Value by feature; those left out are missing.'),
        ...limits,
      }),
    )
    .min(1)
    .max(200)
    .describe('Rows whose prediction is known beforehand: the least that the model must be able to do.'),
});

const command = mapping({
  command: run,
  writes: repositoryPath.describe('JSON with a number per metric. Held to the limits, and shown as your own word.'),
  timeout: duration('1s', '20m').prefault('10m').describe('It is killed after this time, and the gate is an error.'),
  network,
  metrics: z.record(paramName, mapping(limits)).describe('Limits per number.'),
});

const rule = z.union([threshold, champion, anchor, budget, data, leakage, behaviour, cases, command], {
  error: 'a rule with one of metric, champion, anchor, budget, data, leakage, behaviour, cases, command',
});

export const gate = mapping({
  name: name.describe('Environments name it.'),
  minRows: wholeNumber()
    .min(1)
    .default(1000)
    .describe('Fewer evaluation rows are insufficient_data, which never passes.'),
  block: duration('1m', '31d')
    .exactOptional()
    .describe('Rows of one block of event time depend on each other, and count as one observation (1d).'),
  rules: z.array(rule).min(1).max(50).describe('All must pass; all that fail are told.'),
});
