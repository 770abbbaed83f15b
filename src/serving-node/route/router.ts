import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ServingLimits } from '../../contract/servingLimits.js';
import { refuseMediaType } from '../../domain/inference/mediaType.js';
import { traceHeaders } from '../../domain/routing/traceHeaders.js';
import { isOwnHost } from '../../domain/ownHost.js';
import { readRoute, type InferenceRoute } from '../../domain/inference/route.js';
import type { Deployments } from '../deployments.js';
import { readBody } from '../http.js';
import { METRICS_TYPE, type NodeMetrics } from '../metrics.js';
import type { Question } from './attempt.js';
import type { Relayed } from './exchange.js';
import { ANSWER_MS, SERVER, STICKY_HEADER, VERSION_HEADER, type Inference } from './inference.js';

const FORWARDED = ['inference-header-content-length', 'content-encoding'];

export interface RouterParts {
  readonly deployments: Deployments;
  readonly inference: Inference;
  readonly metrics: NodeMetrics;
  readonly limits: ServingLimits;
  /** Host names that callers may use, besides loopback's and IP addresses. */
  readonly hosts: readonly string[];
}

/** The public side of the node over HTTP: the Open Inference Protocol for all models of the environment, and metrics. */
export const createRouter =
  (parts: RouterParts): RequestListener =>
  (request, response) => {
    handle(parts, request, response).catch((error: unknown) =>
      fail(response, 500, error instanceof Error ? error.message : String(error)),
    );
  };

const handle = async (parts: RouterParts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
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
  parts: RouterParts,
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
  const deployment = parts.inference.find(route.model);
  if ('status' in deployment) return relay(response, deployment);
  if (route.action === 'ready') return relay(response, parts.inference.ready(deployment, route.version));
  const body = await readBody(request, parts.limits.requestBytes);
  if (body.kind === 'too_large')
    return fail(response, 413, `the body is larger than ${parts.limits.requestBytes} bytes`, { connection: 'close' });
  if (body.kind === 'cut_off') return fail(response, 400, 'the body was cut off');
  const timeoutMs = parts.limits.deadlineMs + ANSWER_MS;
  const question: Question = { method, path, headers: headerLines(request), body: body.bytes, timeoutMs };
  const only = route.version ?? one(request.headers[VERSION_HEADER]);
  const forwarding = { question, stickyKey: one(request.headers[STICKY_HEADER]), only };
  if (route.action === 'metadata') return relay(response, await parts.inference.metadata(deployment, forwarding));
  const { answer, done } = await parts.inference.infer(deployment, forwarding, started);
  relay(response, answer);
  done();
};

const relay = (response: ServerResponse, { status, headers, body }: Relayed): void => {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
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
