import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ServingLimits } from '../../contract/servingLimits.js';
import { fallback } from '../../domain/routing/chooseVersion.js';
import { refuseMediaType } from '../../domain/inference/mediaType.js';
import { traceHeaders } from '../../domain/routing/traceHeaders.js';
import { isOwnHost } from '../../domain/ownHost.js';
import { readRoute, type InferenceRoute } from '../../domain/inference/route.js';
import type { Deployment } from '../deployment.js';
import type { Deployments } from '../deployments.js';
import { readBody } from '../http.js';
import { METRICS_TYPE, type NodeMetrics } from '../metrics.js';
import type { Question } from './attempt.js';
import { createForwarder, type Forwarded, type Forwarder } from './forward.js';
import { createShadows, type Shadows } from './shadows.js';

/** Requests with the same value of this header are answered by the same version. */
export const STICKY_HEADER = 'x-slipway-key';
/** Chooses a version by its 64 digits, or a role: for tests. */
export const VERSION_HEADER = 'x-slipway-version';

const SERVER = { name: 'slipway', version: '0.1.0', extensions: ['binary_tensor_data'] };
/** On top of what a request may wait for the model. */
const ANSWER_MS = 5_000;
const FORWARDED = ['inference-header-content-length', 'content-encoding'];

export interface RouterParts {
  readonly deployments: Deployments;
  readonly metrics: NodeMetrics;
  readonly limits: ServingLimits;
  /** Host names that callers may use, besides loopback's and IP addresses. */
  readonly hosts: readonly string[];
}

/** The public side of the node: the Open Inference Protocol for all models of the environment, and metrics. */
export const createRouter = (parts: RouterParts): RequestListener => {
  const { metrics, limits } = parts;
  const inside: Inside = {
    ...parts,
    forwarder: createForwarder(Math.random),
    shadows: createShadows({ random: Math.random, metrics, waiting: limits.shadowQueue }),
  };
  return (request, response) => {
    handle(inside, request, response).catch((error: unknown) =>
      fail(response, 500, error instanceof Error ? error.message : String(error)),
    );
  };
};

interface Inside extends RouterParts {
  readonly forwarder: Forwarder;
  readonly shadows: Shadows;
}

const handle = async (parts: Inside, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (!isOwnHost(request.headers.host, parts.hosts))
    return fail(response, 421, `this node is not called ${String(request.headers.host).slice(0, 100)}`);
  const path = (request.url ?? '/').split('?', 1)[0]!;
  if (path === '/metrics') return end(response, 200, METRICS_TYPE, await parts.metrics.text());
  const route = readRoute(path);
  if (route === undefined) return fail(response, 404, `there is no ${path.slice(0, 200)}`);
  switch (route.kind) {
    case 'server':
      return json(response, 200, SERVER);
    case 'live':
      return json(response, 200, { live: true });
    case 'ready':
      return parts.deployments.ready()
        ? json(response, 200, { ready: true })
        : json(response, 503, { ready: false, error: 'a model is not ready' });
    case 'model':
      return model(parts, route, path, request, response);
  }
};

type ModelRoute = Extract<InferenceRoute, { kind: 'model' }>;

const model = async (
  parts: Inside,
  route: ModelRoute,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const started = performance.now();
  const method = request.method ?? 'GET';
  const expected = route.action === 'infer' ? 'POST' : 'GET';
  if (method !== expected) return fail(response, 405, `${route.action} takes ${expected}`, { allow: expected });
  const refusal = route.action === 'infer' ? refuseMediaType(request.headers) : undefined;
  if (refusal !== undefined) return fail(response, 415, refusal);
  const deployment = parts.deployments.find(route.model);
  if (deployment === undefined || deployment.versions().length === 0)
    return fail(response, 404, `there is no model ${route.model}`);
  if (route.action === 'ready') return modelReady(deployment, route, response);
  const body = await readBody(request, parts.limits.requestBytes);
  if (body.kind === 'too_large')
    return fail(response, 413, `the body is larger than ${parts.limits.requestBytes} bytes`, { connection: 'close' });
  if (body.kind === 'cut_off') return fail(response, 400, 'the body was cut off');
  const timeoutMs = parts.limits.deadlineMs + ANSWER_MS;
  const question: Question = { method, path, headers: headerLines(request), body: body.bytes, timeoutMs };
  const only = route.version ?? one(request.headers[VERSION_HEADER]);
  const stickyKey = one(request.headers[STICKY_HEADER]);
  const forwarded = await parts.forwarder.forward(deployment, { question, stickyKey, only });
  finish(parts, route, forwarded, response, started);
  if (route.action === 'infer' && only === undefined && forwarded.kind === 'answered')
    parts.shadows.copy(deployment, question, forwarded.answer);
};

const finish = (
  parts: RouterParts,
  route: ModelRoute,
  forwarded: Forwarded,
  response: ServerResponse,
  started: number,
): void => {
  if (forwarded.kind === 'unknown_version') return fail(response, 404, `the model ${route.model} has no such version`);
  if (forwarded.retry !== 'none') parts.metrics.retried(route.model, forwarded.retry);
  const by = forwarded.kind === 'answered' ? forwarded.by : undefined;
  const code = forwarded.kind === 'answered' ? forwarded.answer.status : 503;
  if (forwarded.kind === 'answered') {
    const { headers, body } = forwarded.answer;
    if (!response.destroyed) response.writeHead(code, { ...headers, 'content-length': body.length }).end(body);
  } else fail(response, 503, `no version of ${route.model} is ready`, { 'retry-after': '1' });
  if (route.action === 'infer')
    parts.metrics.routed(
      { model: route.model, version: by?.version ?? '', role: by?.role ?? '', code },
      performance.now() - started,
    );
};

const modelReady = (deployment: Deployment, route: ModelRoute, response: ServerResponse): void => {
  const versions = deployment.versions();
  const named = route.version === undefined ? undefined : versions.find((version) => version.version === route.version);
  if (route.version !== undefined && named === undefined)
    return fail(response, 404, `the model ${route.model} has no such version`);
  const ready = named === undefined ? fallback(versions) !== undefined : named.ready;
  return ready
    ? json(response, 200, { name: route.model, ready })
    : fail(response, 503, `the model ${route.model} is not ready`);
};

const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** Values come from a parser that lets no line break through. */
const headerLines = (request: IncomingMessage): string => {
  let lines = '';
  for (const name of FORWARDED) {
    const value = one(request.headers[name]);
    if (value !== undefined) lines += `${name}: ${value}\r\n`;
  }
  const trace = traceHeaders(one(request.headers['traceparent']), one(request.headers['tracestate']));
  for (const [name, value] of Object.entries(trace)) lines += `${name}: ${value}\r\n`;
  return lines;
};

const end = (
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers }).end(body);
};

const json = (
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => end(response, status, 'application/json', JSON.stringify(value), headers);

const fail = (
  response: ServerResponse,
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): void => json(response, status, { error }, headers);
