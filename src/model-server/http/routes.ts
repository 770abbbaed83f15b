import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuseMediaType } from '../../domain/inference/mediaType.js';
import { readRoute, type InferenceRoute } from '../../domain/inference/route.js';
import type { Fence } from '../../domain/rollout/types.js';
import type { Loaded } from '../loaded.js';
import type { ModelServerMetrics } from '../metrics.js';
import type { ModelServerSettings } from '../settings.js';
import { failure, json, send, type Answer } from './answer.js';
import { infer } from './infer.js';
import { readBody } from './readBody.js';

export interface Routes {
  readonly settings: ModelServerSettings;
  readonly loaded: () => Loaded | undefined;
  /** Loaded, and the inference thread makes progress. */
  readonly ready: () => boolean;
  readonly metrics: ModelServerMetrics;
}

/**
 * @param trusted requests come over the node's own socket: they may ask for counters and say which route they took
 */
export const createHandler =
  (routes: Routes, trusted: boolean) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const started = performance.now();
    const arrivalTime = Date.now();
    answer(routes, trusted, request, { started, arrivalTime }).then(
      ({ answer: ready, record }) => {
        if (ready.status === 413) response.shouldKeepAlive = false;
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
  if (trusted && path.startsWith('/slipway/')) return { answer: await control(routes, path, request) };
  const route = readRoute(path);
  if (route === undefined) return { answer: failure(404, `there is no ${path.slice(0, 200)}`) };
  if (route.kind !== 'model') return { answer: general(routes, route.kind) };
  const refusal = refuseRoute(routes, route, request);
  if (refusal !== undefined) return { answer: refusal };
  const loaded = routes.loaded();
  if (loaded === undefined || !routes.ready())
    return { answer: failure(503, `the model ${route.model} is not ready`, { 'retry-after': '1' }) };
  if (route.action === 'ready') return { answer: json(200, { name: route.model, ready: true }) };
  if (route.action === 'metadata') return { answer: metadata(routes, loaded) };
  const { limits, model } = routes.settings;
  const body = await readBody(request, limits.requestBytes);
  if (body.kind === 'too_large')
    return { answer: failure(413, `the body is larger than ${limits.requestBytes} bytes`) };
  if (body.kind === 'cut_off') return { answer: failure(400, 'the body was cut off') };
  const { 'x-slipway-route': took, 'x-slipway-asked-for': askedFor } = request.headers;
  const outcome = await infer(loaded, request, body.bytes, {
    model,
    limits,
    route: trusted && took === 'candidate' ? 'candidate' : 'champion',
    counted: !(trusted && askedFor !== undefined),
    ...times,
  });
  return {
    answer: outcome.answer,
    record: () => {
      routes.metrics.observe(outcome.answer.status, performance.now() - times.started);
      outcome.record();
    },
  };
};

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
    const body = await readBody(request, 1024);
    if (body.kind !== 'body') return failure(400, 'no fence');
    loaded.traffic.reset(JSON.parse(body.bytes.toString('utf8')) as Fence);
    return json(200, loaded.traffic.read());
  }
  if (path === '/slipway/traffic') return json(200, loaded.traffic.read());
  if (path === '/slipway/log') return json(200, loaded.log.status());
  return failure(404, `there is no ${path}`);
};
