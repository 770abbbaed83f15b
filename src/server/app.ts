/** The API as an application apart from listening: routes of the contract bound to their handlers. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { RouteShape } from '../contract/http/route.js';
import { ROUTES } from '../contract/http/routes.js';
import { isOwnHost } from '../domain/ownHost.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Identity } from '../ports/directory.js';
import { authenticate, NOBODY } from './authenticate.js';
import type { Answer, Call } from './call.js';
import { closeWithLastAnswer } from './connections.js';
import { addEtag, PAGE_HEADERS, SECURE_HEADERS } from './headers.js';
import { createHandlers } from './handlers.js';
import { describeRequest } from './log.js';
import { createHttpMetrics } from './metrics.js';
import type { ServerPorts } from './ports.js';
import { closedPage } from './pages.js';
import { sendProblem, toError } from './problems.js';
import { opensByItself } from './reportLink.js';
import { assertDepth, validate } from './validate.js';

export interface AppOptions {
  /** A pino logger; none: silent. */
  readonly logger?: FastifyBaseLogger;
}

const HTML = 'text/html; charset=utf-8';
const KEEP_ALIVE_MS = 72_000;
const REQUEST_TIMEOUT_MS = 60_000;

export const createApp = (ports: ServerPorts, { logger }: AppOptions = {}): FastifyInstance => {
  const app = Fastify({
    ...(logger === undefined ? { logger: false } : { loggerInstance: logger }),
    childLoggerFactory: (log, bindings, given) =>
      log.child(bindings, { ...given, serializers: { req: describeRequest } }),
    genReqId: () => randomUUID(),
    bodyLimit: ports.settings.limits.requestBytes,
    routerOptions: { maxParamLength: 300 },
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: false,
    return503OnClosing: true,
    // No hook runs for addresses that cannot be read.
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply.headers(SECURE_HEADERS)),
  });
  const closing = new AbortController();
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(SECURE_HEADERS);
    const { host } = request.headers;
    if (!isOwnHost(host, ports.settings.hosts))
      throw new SlipwayError('host_unknown', `this API is not called ${String(host).slice(0, 100)}`);
  });
  app.addHook('onSend', addEtag);
  closeWithLastAnswer(app);
  const metrics = createHttpMetrics(app);
  readJson(app, ports.settings.limits.jsonDepth);
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(new SlipwayError('route_unknown', `there is no ${request.method} ${pathOf(request)}`), request, reply),
  );
  const handlers = createHandlers(ports, metrics);
  for (const [name, route] of Object.entries(ROUTES) as [keyof typeof ROUTES, RouteShape][]) {
    const handle = handlers[name] as (call: Call<RouteShape>) => Promise<Answer>;
    bind(app, route, ports, closing.signal, handle);
  }
  return app;
};

const bind = (
  app: FastifyInstance,
  route: RouteShape,
  ports: ServerPorts,
  closing: AbortSignal,
  handle: (call: Call<RouteShape>) => Promise<Answer>,
): void => {
  const callers = new WeakMap<FastifyRequest, Awaited<ReturnType<typeof authenticate>>>();
  app.route({
    method: route.method,
    url: route.url.replaceAll(/\{(\w+)\}/g, ':$1'),
    ...(route.largeBody === true ? { bodyLimit: ports.settings.limits.labelBytes } : {}),
    // Before the body is read: who may not ask cannot make the server read either.
    onRequest: async (request, reply) => {
      try {
        callers.set(request, await callerOf(request, route, ports));
      } catch (error) {
        const { code, message } = toError(error);
        const reading = route.linked === true && (request.headers.accept ?? '').includes('text/html');
        if (!reading || code !== 'unauthenticated') throw error;
        return reply
          .code(401)
          .headers(PAGE_HEADERS)
          .type(HTML)
          .send(closedPage(pathOf(request), message));
      }
      if (route.method !== 'GET' && route.withoutEngine !== true) ports.guard.assertSame();
    },
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const answer = await handle({
        params: validate(route.params, request.params, 'path') as never,
        query: validate(route.query, request.query, 'query') as never,
        body: validate(route.body, request.body ?? {}, 'body') as never,
        identity: callers.get(request)!,
        ...headersOf(request),
        accepts: (media) => (request.headers.accept ?? '').includes(media),
        signal: AbortSignal.any([gone.signal, closing]),
      });
      reply.code(answer.status ?? 200).headers(answer.headers ?? {});
      return reply.type(answer.type ?? 'application/json; charset=utf-8').send(answer.body);
    },
  });
};

/** Whoever holds a link to a report needs no token for it, and is nobody. */
const callerOf = async (request: FastifyRequest, route: RouteShape, ports: ServerPorts): Promise<Identity> => {
  const { authorization } = request.headers;
  if (route.linked === true && authorization === undefined && opensByItself(ports, request.url)) return NOBODY;
  return authenticate(authorization, route.access, ports);
};

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

const headersOf = (request: FastifyRequest): Pick<Call<RouteShape>, 'idempotencyKey' | 'lastEventId'> => {
  const { 'idempotency-key': key, 'last-event-id': last } = request.headers;
  if (key !== undefined && (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key))) {
    throw new SlipwayError('request_invalid', 'Idempotency-Key: expected 1 to 200 printable characters');
  }
  return {
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(typeof last === 'string' ? { lastEventId: last } : {}),
  };
};

/** JSON only, its depth bounded before it is parsed, keys that reach prototypes refused. */
const readJson = (app: FastifyInstance, depth: number): void => {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    try {
      if (body === '') return done(null, undefined);
      assertDepth(body as string, depth);
      void parse(request, body as string, done);
    } catch (error) {
      done(error as Error);
    }
  });
};

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0]?.slice(0, 200) ?? '';
