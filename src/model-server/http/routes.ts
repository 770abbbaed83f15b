import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { refuseMediaType } from '../../domain/inference/mediaType.js';
import { readRoute, type InferenceRoute } from '../../domain/inference/route.js';
import { readTraceparent, traceparentOf, type TraceContext } from '../../domain/inference/traceContext.js';
import type { Fence } from '../../domain/rollout/types.js';
import type { Patience } from '../inference/queue.js';
import type { Loaded } from '../loaded.js';
import { METRICS_TYPE, type ModelServerMetrics } from '../metrics.js';
import type { ModelServerSettings } from '../settings.js';
import { failure, json, send, type Answer } from './answer.js';
import { createBodyRoom, type BodyRoom } from './bodyRoom.js';
import { infer, type InferContext } from './infer.js';
import { readBody } from './readBody.js';

export interface Routes {
  readonly settings: ModelServerSettings;
  readonly loaded: () => Loaded | undefined;
  /** Loaded, and the inference thread makes progress. */
  readonly ready: () => boolean;
  readonly metrics: ModelServerMetrics;
  readonly room: BodyRoom;
}

/**
 * @param trusted requests come over the node's own socket: they may ask for counters and say which route they took. Without a
 *   node nobody is trusted: the counters can be read, and what asks for a version is not counted
 */
export const createHandler =
  (routes: Routes, trusted: boolean) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const started = performance.now();
    const arrivalTime = Date.now();
    answer(routes, trusted, request, { started, arrivalTime }).then(
      ({ answer: ready, record }) => {
        send(response, ready);
        record?.();
      },
      (error: unknown) => send(response, failure(500, error instanceof Error ? error.message : String(error))),
    );
  };

interface Answered {
  readonly answer: Answer;
  /** What is done once the caller has the answer. */
  readonly record?: () => void;
}

const answer = async (
  routes: Routes,
  trusted: boolean,
  request: IncomingMessage,
  times: { readonly started: number; readonly arrivalTime: number },
): Promise<Answered> => {
  const path = pathOf(request);
  if (path === '/metrics')
    return { answer: { status: 200, headers: { 'content-type': METRICS_TYPE }, body: await routes.metrics.text() } };
  const alone = routes.settings.socket === undefined;
  if (path.startsWith('/slipway/') && (trusted || (alone && path === TRAFFIC && request.method === 'GET')))
    return { answer: await control(routes, path, request) };
  const route = readRoute(path);
  if (route === undefined) return { answer: failure(404, `there is no ${path.slice(0, 200)}`) };
  if (route.kind !== 'model') return { answer: general(routes, route.kind) };
  const refusal = refuseRoute(routes, route, request) ?? (alone ? refuseVersion(routes, request) : undefined);
  if (refusal !== undefined) return { answer: refusal };
  const loaded = routes.loaded();
  if (loaded === undefined || !routes.ready())
    return { answer: failure(503, `the model ${route.model} is not ready`, { 'retry-after': '1' }) };
  if (route.action === 'ready') return { answer: json(200, { name: route.model, ready: true }) };
  if (route.action === 'metadata') return { answer: metadata(routes, loaded) };
  const took = trusted ? tookOf(request) : { route: routes.settings.route ?? 'champion', counted: true };
  const askedFor = alone && (route.version !== undefined || request.headers[VERSION] !== undefined);
  return answerInference(routes, loaded, askedFor ? { ...took, counted: false } : took, request, times);
};

const TRAFFIC = '/slipway/traffic';
const VERSION = 'x-slipway-version';

type Took = Pick<InferContext, 'route' | 'requestId' | 'counted'> & {
  /** How long the caller waits, where it said so; the node ends the connection when it goes away before. */
  readonly waitMs?: number;
};

/** How the node says that a request came here. */
const tookOf = ({ headers }: IncomingMessage): Took => {
  const { 'x-slipway-route': took, 'x-slipway-asked-for': askedFor, 'x-slipway-copy-of': copyOf } = headers;
  const waitMs = Number(headers['x-slipway-wait-ms']);
  return {
    route: took === 'candidate' || took === 'shadow' ? took : 'champion',
    ...(typeof copyOf === 'string' ? { requestId: copyOf } : {}),
    counted: askedFor === undefined,
    ...(waitMs >= 0 && copyOf === undefined ? { waitMs } : {}),
  };
};

/** Without a node nobody else sees that the version that was asked for is not here. */
const refuseVersion = (routes: Routes, { headers }: IncomingMessage): Answer | undefined => {
  const asked = textOf(headers[VERSION]);
  const here = routes.loaded()?.version;
  return asked === undefined || here === undefined || asked === here || !/^[0-9a-f]{64}$/.test(asked)
    ? undefined
    : failure(404, `the model ${routes.settings.model} has no version ${asked} here`);
};

/** Every answer is counted, also that to a body that nobody read. */
const answerInference = async (
  routes: Routes,
  loaded: Loaded,
  took: Took,
  request: IncomingMessage,
  times: { readonly started: number; readonly arrivalTime: number },
): Promise<Answered> => {
  const { limits, model } = routes.settings;
  const trace = readTraceparent(textOf(request.headers['traceparent']));
  const body = await readBody(request, limits.requestBytes, routes.room);
  const observed = (answer: Answer, record?: () => void): Answered => ({
    answer: trace === undefined ? answer : { ...answer, headers: { ...answer.headers, ...traced(trace) } },
    record: () => {
      routes.metrics.observe(answer.status, performance.now() - times.started);
      record?.();
    },
  });
  if (body.kind !== 'body') return observed(unread(body.kind, limits.requestBytes, loaded));
  const waits = took.waitMs === undefined ? undefined : waitsAsLong(request.socket, took.waitMs);
  const outcome = await infer(loaded, request, body.bytes, {
    model,
    limits,
    ...took,
    ...(waits === undefined ? {} : { patience: waits.patience }),
    trace,
    ...times,
  }).finally(() => {
    waits?.over();
    routes.room.give(body.bytes.length);
  });
  return observed(outcome.answer, () => outcome.record(routes.metrics));
};

const waitsAsLong = (socket: Socket, waitMs: number): { readonly patience: Patience; readonly over: () => void } => {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  socket.once('close', leave);
  return { patience: { waitMs, gone: gone.signal }, over: () => void socket.removeListener('close', leave) };
};

const unread = (kind: 'too_large' | 'no_room' | 'cut_off', requestBytes: number, loaded: Loaded): Answer => {
  // What is still on its way would be read as the next request.
  const close = { connection: 'close' };
  if (kind === 'too_large') return failure(413, `the body is larger than ${requestBytes} bytes`, close);
  if (kind === 'cut_off') return failure(400, 'the body was cut off');
  const seconds = String(loaded.engine.retryAfterSeconds());
  return failure(429, 'the requests that are being answered fill the memory for them', {
    ...close,
    'retry-after': seconds,
  });
};

/** The caller's trace goes on with us: whoever reads the answer knows which part is ours. */
const traced = (trace: TraceContext) => ({ traceparent: traceparentOf(trace, randomBytes(8).toString('hex')) });

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const pathOf = (request: IncomingMessage): string => {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};

const general = (routes: Routes, kind: 'server' | 'live' | 'ready'): Answer => {
  if (kind === 'live') return json(200, { live: true });
  if (kind === 'ready')
    return routes.ready() ? json(200, { ready: true }) : json(503, { ready: false, error: 'the model is not ready' });
  return json(200, SERVER);
};

export const SERVER = { name: 'slipway', version: '0.1.0', extensions: ['binary_tensor_data'] };

const refuseRoute = (
  routes: Routes,
  route: Extract<InferenceRoute, { kind: 'model' }>,
  { method = 'GET', headers }: IncomingMessage,
): Answer | undefined => {
  const expected = route.action === 'infer' ? 'POST' : 'GET';
  if (method !== expected) return failure(405, `${route.action} takes ${expected}`, { allow: expected });
  const media = route.action === 'infer' ? refuseMediaType(headers) : undefined;
  if (media !== undefined) return failure(415, media);
  if (route.model !== routes.settings.model) return failure(404, `there is no model ${route.model}`);
  const version = routes.loaded()?.version;
  if (route.version !== undefined && version !== undefined && route.version !== version) {
    return failure(404, `the model ${route.model} has no version ${route.version}`);
  }
  return undefined;
};

const metadata = (routes: Routes, loaded: Loaded): Answer =>
  json(200, {
    name: routes.settings.model,
    versions: [loaded.version],
    platform: 'onnxruntime_onnx',
    inputs: loaded.engine.tensors.inputs,
    outputs: loaded.engine.tensors.outputs,
    parameters: { artifact_digest: loaded.artifactDigest, model_digest: loaded.modelDigest },
  });

/** What the serving node asks its own children. */
const control = async (routes: Routes, path: string, request: IncomingMessage): Promise<Answer> => {
  const loaded = routes.loaded();
  if (path === '/slipway/metrics') return json(200, await routes.metrics.json());
  if (loaded === undefined) return failure(503, 'the model is not ready');
  if (path === '/slipway/fence' && request.method === 'PUT') {
    const body = await readBody(request, 1024, createBodyRoom(1024));
    if (body.kind !== 'body') return failure(400, 'no fence');
    loaded.traffic.reset(JSON.parse(body.bytes.toString('utf8')) as Fence);
    return json(200, loaded.traffic.read());
  }
  if (path === TRAFFIC) return json(200, loaded.traffic.read());
  if (path === '/slipway/log') return json(200, loaded.log.status());
  return failure(404, `there is no ${path}`);
};
