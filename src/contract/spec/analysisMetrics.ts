/** rollout.canary.analysis.metrics of slipway.yaml: what its owners measure of a canary themselves. */
import { z } from 'zod';
import { QUERY_VARIABLES, unknownVariables } from '../../domain/rollout/fillQuery.js';
import { isJsonPointer } from '../../domain/rollout/jsonPointer.js';
import type { AnalysisMetric, MetricQuery } from '../../domain/spec/analysisMetrics.js';
import { duration, name, repositoryPath } from '../names.js';
import { mapping, wholeNumber } from '../yaml/expected.js';
import { network, run } from './build.js';

const VARIABLE_WORDS = `{{…}} with one of ${QUERY_VARIABLES.join(', ')}`;

const query = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => unknownVariables(text).length === 0, { error: VARIABLE_WORDS });

const URL_WORDS = 'an http: or https: address without user, password and fragment; {{…}} only behind its host';

const address = z
  .string({ error: URL_WORDS })
  .max(2048)
  .refine((text) => /^https?:\/\/[^\s/?#@{}\\]+(?:[/?][^\s#\\]*)?$/.test(text) && URL.canParse(text), {
    error: URL_WORDS,
  })
  .refine((text) => unknownVariables(text).length === 0, { error: VARIABLE_WORDS });

const secret = name.exactOptional().describe('Secret that is sent as a bearer token.');

const prometheus = mapping({
  url: address
    .refine((text) => !/[?{]/.test(text), { error: 'the base address of the server' })
    .describe('Base address of the server.'),
  query: query.describe('PromQL whose answer is one number: a scalar, or one series.'),
  secret,
}).describe('Asked of the HTTP API of Prometheus.');

const sql = mapping({
  query: query.describe('One SELECT over predictions whose answer is one row: value, and samples where it counts.'),
}).describe("The step's interval of the prediction log, with labels.");

const http = mapping({
  url: address.describe('What is asked, by GET.'),
  pointer: z
    .string()
    .max(256)
    .default('')
    .refine(isJsonPointer, { error: 'a JSON Pointer such as /data/0/value' })
    .describe('Where the number stands in the answer (RFC 6901).'),
  secret,
}).describe('JSON that is answered over HTTP.');

const command = mapping({
  run,
  writes: repositoryPath.describe('JSON with value, and samples where it counts.'),
  network,
}).describe('Run in a clean checkout of the candidate, as commands of gates are.');

const bound = z.number().exactOptional();

export const analysisMetric = mapping({
  name: name.describe('Measurements begin with it.'),
  prometheus: prometheus.exactOptional(),
  sql: sql.exactOptional(),
  http: http.exactOptional(),
  command: command.exactOptional(),
  max: bound.describe("Most that the candidate's value may be."),
  min: bound.describe("Least that the candidate's value may be."),
  maxIncrease: bound.describe("Most that it may be above the champion's."),
  maxDecrease: bound.describe("Most that it may be below the champion's."),
  relative: z.boolean().exactOptional().describe("The last two are shares of the champion's value."),
  margin: z.number().gt(0).exactOptional().describe('Beyond a bound by no more than this it is inconclusive.'),
  minSamples: wholeNumber().min(1).exactOptional().describe('Fewer are insufficient_data.'),
  interval: duration('1s', '30d').exactOptional().describe("Only the last part of the step's time; absent: all of it."),
  timeout: duration('1s', '10m').prefault('30s').describe('Without an answer by then it is an error.'),
});

export const quality = mapping({
  metric: z.enum(['brier', 'log_loss']).default('brier').describe('What is computed of rows with labels.'),
  maxIncrease: z.number().min(0).describe("Most that the candidate may lose above the champion's loss."),
  minLabels: wholeNumber().min(2).default(200).describe('Labelled rows that each of both must have.'),
  required: z.boolean().default(false).describe('Too few labels hold the step up; else it goes on without.'),
}).describe("What both versions really lost on the step's interval.");

type Written = z.output<typeof analysisMetric>;

export const toMetric = (written: Written): AnalysisMetric => {
  const { prometheus: _p, sql: _s, http: _h, command: _c, interval, timeout, ...same } = written;
  return {
    ...same,
    query: queryOf(written),
    ...(interval === undefined ? {} : { intervalMs: interval }),
    timeoutMs: timeout,
  };
};

/** Rules let exactly one through. */
const queryOf = ({ prometheus, sql, http, command }: Written): MetricQuery => {
  if (prometheus !== undefined) return { kind: 'prometheus', ...prometheus };
  if (http !== undefined) return { kind: 'http', ...http };
  if (command !== undefined) return { kind: 'command', ...command };
  return { kind: 'sql', query: sql?.query ?? '' };
};
