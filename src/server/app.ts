/** The API as an application apart from listening: routes of the contract bound to their handlers. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { RouteShape } from '../contract/http/route.js';
import { ROUTES } from '../contract/http/routes.js';
import { isOwnHost } from '../domain/ownHost.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Place } from '../domain/identity/types.js';
import { createAnswersOnce } from './answerOnce.js';
import { assertFresh, assertRole, authenticate, NOBODY, type Caller } from './authenticate.js';
import type { Answer, Call } from './call.js';
import { answerUnreadable } from './clientErrors.js';
import { closeWithLastAnswer } from './connections.js';
import { createFeed, type FeedTiming } from './events/feed.js';
import { createLooking } from './events/look.js';
import { addEtag, PAGE_HEADERS, SECURE_HEADERS } from './headers.js';
import { createHandlers } from './handlers.js';
import { assertMatch } from './ifMatch.js';
import { describeRequest } from './log.js';
import { createHttpMetrics } from './metrics.js';
import { answerOtherMethod } from './otherMethods.js';
import type { ServerPorts } from './ports.js';
import { closedPage } from './pages.js';
import { sendProblem, toError } from './problems.js';
import { createRateLimits, type RateLimits } from './rateLimits.js';
import { opensByItself } from './reportLink.js';
import { assertDepth, validate } from './validate.js';

export interface AppOptions {
  /** A pino logger; none: silent. */
  readonly logger?: FastifyBaseLogger;
  readonly feed?: Partial<FeedTiming>;
}

const HTML = 'text/html; charset=utf-8';
const KEEP_ALIVE_MS = 72_000;
const REQUEST_TIMEOUT_MS = 60_000;
const FEED_TIMING: FeedTiming = { lookEveryMs: 1_000, idleAfterMs: 15_000, remembered: 1_000 };

export const createApp = (ports: ServerPorts, { logger, feed: timing }: AppOptions = {}): FastifyInstance => {
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
    trustProxy: [...ports.settings.trustedProxies],
    clientErrorHandler: answerUnreadable,
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
  const limits = createRateLimits(app, ports.settings.limits.perMinute);
  app.addHook('onRequest', limits.ofAddress);
  app.setNotFoundHandler(answerOtherMethod);
  const feed = createFeed(createLooking(ports), { ...FEED_TIMING, ...timing }, (error) =>
    app.log.warn({ err: error }, 'a look for changes failed'),
  );
  const handlers = createHandlers(ports, metrics, feed) as unknown as Readonly<Record<string, Handle>>;
  const once = createAnswersOnce(ports.store, ports.now);
  for (const [name, route] of Object.entries<RouteShape>(ROUTES)) {
    const readState = route.state === undefined ? undefined : handlers[route.state];
    const handle: Handle = (call) => once.answer(route, call, () => handlers[name]!(call));
    const surroundings = { ports, limits, closing: closing.signal, ...(readState && { readState }) };
    if (route.form !== true) bind(app, route, surroundings, handle);
    else
      void app.register(async (forms) => {
        readForm(forms);
        bind(forms, route, surroundings, handle);
      });
  }
  return app;
};

type Handle = (call: Call<RouteShape>) => Promise<Answer>;

interface Surroundings {
  readonly ports: ServerPorts;
  readonly limits: RateLimits;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
  /** Answers the state that an If-Match is about. */
  readonly readState?: Handle;
}

const bind = (
  app: FastifyInstance,
  route: RouteShape,
  { ports, limits, closing, readState }: Surroundings,
  handle: Handle,
): void => {
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.route({
    method: route.method,
    url: route.url.replaceAll(/\{(\w+)\}/g, ':$1'),
    ...(route.largeBody === true ? { bodyLimit: ports.settings.limits.labelBytes } : {}),
    // Before the body is read: who may not ask cannot make the server read either.
    onRequest: async (request, reply) => {
      try {
        const caller = await callerOf(request, route, ports);
        callers.set(request, caller);
        const { name } = caller.identity;
        if (name !== '') await limits.ofIdentity(request, reply, name, route.decides === true);
      } catch (error) {
        const { code, message } = toError(error);
        if (code === 'unauthenticated') await limits.ofFailedToken(request, reply);
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
      // Whoever left while we looked who they are does not close once more.
      if (reply.raw.destroyed) gone.abort();
      const asked = {
        params: validate(route.params, request.params, 'path') as never,
        query: validate(route.query, request.query, 'query') as never,
        body: validate(route.body, request.body ?? {}, 'body') as never,
      };
      const { identity, credential } = callers.get(request)!;
      if (route.placeFound !== true) assertRole(identity, route.access, placeOf(asked));
      const call: Call<RouteShape> = {
        ...asked,
        identity,
        credential,
        ...headersOf(request),
        accepts: (media) => (request.headers.accept ?? '').includes(media),
        signal: AbortSignal.any([gone.signal, closing]),
      };
      await assertMatch(route.method === 'GET' ? undefined : request.headers['if-match'], call, readState);
      const answer = await handle(call);
      reply.code(answer.status ?? 200).headers(answer.headers ?? {});
      return reply.type(answer.type ?? 'application/json; charset=utf-8').send(answer.body);
    },
  });
};

/** Whoever holds a link to a report needs no token for it, and is nobody. */
const callerOf = async (request: FastifyRequest, route: RouteShape, ports: ServerPorts): Promise<Caller> => {
  const { authorization } = request.headers;
  if (route.linked === true && authorization === undefined && opensByItself(ports, request.url)) return NOBODY;
  const caller = await authenticate(authorization, route.access, ports);
  if (route.decides === true) assertFresh(caller, ports);
  return caller;
};

/** The model and the environment that a request names, in its path or its body. */
const placeOf = ({ params, body }: { readonly params: unknown; readonly body: unknown }): Place => {
  const named = (key: 'model' | 'environment'): Place => {
    const found = [params, body].map((part) => (part as Readonly<Record<string, unknown>> | undefined)?.[key]);
    const value = found.find((one) => typeof one === 'string');
    return value === undefined ? {} : { [key]: value };
  };
  return { ...named('model'), ...named('environment') };
};

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

const headersOf = (request: FastifyRequest): Pick<Call<RouteShape>, 'idempotencyKey' | 'lastEventId' | 'slack'> => {
  const { 'idempotency-key': key, 'last-event-id': last } = request.headers;
  const { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp } = request.headers;
  if (key !== undefined && (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key))) {
    throw new SlipwayError('request_invalid', 'Idempotency-Key: expected 1 to 200 printable characters');
  }
  return {
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(typeof last === 'string' ? { lastEventId: last } : {}),
    ...(typeof signature === 'string' && typeof timestamp === 'string' ? { slack: { signature, timestamp } } : {}),
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

/** A form as the text that was signed; no other route takes one, since any page can send a form. */
const readForm = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, body),
  );
};

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0]?.slice(0, 200) ?? '';
