import type { IncomingMessage } from 'node:http';
import type { ServingLimits } from '../../contract/servingLimits.js';
import { sayWarnings } from '../../domain/inference/checkFeatures.js';
import { predictionsOf } from '../../domain/inference/predictions.js';
import { readJsonRequest } from '../../domain/inference/readJsonRequest.js';
import type { InferRequest } from '../../domain/inference/readRequest.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import type { TraceContext } from '../../domain/inference/traceContext.js';
import type { Outcome } from '../inference/batch.js';
import type { Patience } from '../inference/queue.js';
import type { Loaded } from '../loaded.js';
import { SYNTHETIC } from '../record/predictionLog.js';
import type { ModelServerMetrics } from '../metrics.js';
import { failure, inferAnswer, type Answer } from './answer.js';

export interface InferContext {
  readonly model: string;
  readonly limits: ServingLimits;
  readonly route: string;
  /** Of a copy: the ID of the request that was answered, so that its predictions find the same labels. */
  readonly requestId?: string;
  /** The caller left it to the weights which version answers: only such requests say something of the version. */
  readonly counted: boolean;
  /** performance.now() when the request came. */
  readonly started: number;
  /** Epoch milliseconds. */
  readonly arrivalTime: number;
  readonly trace: TraceContext | undefined;
  /** Of a caller that says how long it waits, and may go away before. */
  readonly patience?: Patience;
}

/** Answers one inference, counts it, and hands it to the prediction log. */
export const infer = async (
  loaded: Loaded,
  request: IncomingMessage,
  body: Buffer,
  context: InferContext,
): Promise<{ readonly answer: Answer; readonly record: (metrics: ModelServerMetrics) => void }> => {
  const requestId = context.requestId ?? loaded.nextRequestId();
  const count = (work: () => void) => () => {
    if (context.counted) work();
  };
  const refuse = (answer: Answer) => ({ answer, record: count(() => loaded.traffic.countRefused()) });
  const fail = (answer: Answer) => ({ answer, record: count(() => loaded.traffic.count(elapsed(context), true)) });
  const parts = partsOf(request, body);
  if (typeof parts === 'string') return refuse(failure(400, parts));
  const { engine, checks } = loaded;
  const read = readJsonRequest(parts.json, parts.binary, engine.tensors, context.limits.requestRows, checks);
  if (read.kind !== 'request') return refuse(failure(read.kind === 'too_large' ? 413 : 400, read.reason));
  const { id, rows, outputs, warnings } = read.request;
  const readMs = elapsed(context);
  const queued = engine.infer(read.request.inputs, rows, context.patience);
  if (queued === undefined) {
    const seconds = String(engine.retryAfterSeconds());
    return fail(failure(429, 'too many requests wait for the model', { 'retry-after': seconds }));
  }
  const outcome = await queued;
  if (isCallersOwn(outcome, context)) return { answer: notDone(outcome, engine), record: () => undefined };
  if (outcome.kind !== 'done') return fail(notDone(outcome, engine));
  const began = performance.now();
  const answer = inferAnswer({
    model: context.model,
    version: loaded.version,
    requestId,
    id,
    warnings: warnings.length === 0 ? undefined : sayWarnings(warnings, checks),
    outputs: outputs.map(({ name, binary }) => ({ tensor: named(outcome.outputs, name), binary })),
  });
  const wroteMs = performance.now() - began;
  return {
    answer,
    record: (metrics) => {
      const { waitedMs, ranMs } = outcome;
      metrics.inferred({ rows, readMs, waitedMs, ranMs, wroteMs, warnings });
      recordAnswer(loaded, requestId, read.request, named(outcome.outputs, loaded.prediction), context);
    },
  };
};

const named = (outputs: readonly Tensor[], name: string): Tensor => outputs.find((output) => output.name === name)!;

const elapsed = (context: InferContext): number => performance.now() - context.started;

type NotDone = Exclude<Outcome, { kind: 'done' }>;

/** Who waits for a moment only, or goes away, says nothing of the version: otherwise anybody could end a canary with it. */
const isCallersOwn = (outcome: Outcome, { patience, limits }: InferContext): outcome is NotDone =>
  outcome.kind === 'cancelled' || (outcome.kind === 'expired' && (patience?.waitMs ?? Infinity) < limits.deadlineMs);

const notDone = (outcome: NotDone, engine: Loaded['engine']): Answer => {
  switch (outcome.kind) {
    case 'expired':
      return failure(503, 'the request waited too long for the model', {
        'retry-after': String(engine.retryAfterSeconds()),
      });
    case 'cancelled':
      return failure(499, 'the caller went away');
    case 'failed':
      return failure(500, `the model failed: ${outcome.reason}`);
  }
};

const recordAnswer = (
  loaded: Loaded,
  requestId: string,
  request: InferRequest,
  prediction: Tensor,
  context: InferContext,
): void => {
  const latencyMs = elapsed(context);
  const predictions = predictionsOf(prediction, request.rows) ?? [];
  if (context.counted) {
    loaded.traffic.count(latencyMs, false);
    if (!request.synthetic) loaded.traffic.countRows(request.inputs, request.rows, predictions);
  }
  loaded.log.append({
    requestId,
    eventTime: request.eventTime ?? context.arrivalTime,
    arrivalTime: context.arrivalTime,
    route: request.synthetic ? SYNTHETIC : context.route,
    latencyMs,
    ...(context.trace === undefined ? {} : { traceId: context.trace.traceId }),
    rows: request.rows,
    inputs: request.inputs,
    predictions,
  });
};

/** The JSON part and, where the header says how long that is, the binary tensors after it. */
const partsOf = (
  request: IncomingMessage,
  body: Buffer,
): { readonly json: Uint8Array; readonly binary: Uint8Array } | string => {
  if (request.headers['content-encoding'] !== undefined && request.headers['content-encoding'] !== 'identity')
    return 'compressed requests are not taken';
  const header = request.headers['inference-header-content-length'];
  const length = header === undefined ? body.length : Number(header);
  if (!Number.isInteger(length) || length < 0 || length > body.length)
    return 'Inference-Header-Content-Length is beyond the body';
  return { json: body.subarray(0, length), binary: body.subarray(length) };
};
