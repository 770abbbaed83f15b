import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import { ERRORS, type ErrorCode } from '../domain/errors/table.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

export interface ApiClient {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  /** What the API needs, and how each of it is: also where something does not answer. */
  ready(): Promise<Readiness>;
  post<T>(path: string, body?: unknown, idempotencyKey?: string): Promise<T>;
  /** A page to keep. */
  page(path: string): Promise<string>;
  /** Text as it comes; ends with the answer. */
  stream(path: string, onText: (text: string) => void): Promise<void>;
  /** Server-sent events of one connection, from behind the one of this ID; none where nothing comes any more. */
  events(path: string, after?: string): AsyncGenerator<EventSourceMessage>;
}

export interface Readiness {
  readonly ready: boolean;
  /** `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface ApiClientOptions {
  readonly url: string;
  readonly token?: string;
  /** How long an answer may take. */
  readonly withinMs?: number;
  /** Hears when an answer takes longer than a second. */
  readonly onSlow?: (url: string) => void;
}

const TIMEOUT_MS = 60_000;
const SLOW_MS = 1_000;

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The API by HTTP: problem details become errors of the table, and silence becomes `api_unreachable`. */
export const createApiClient = ({ url, token, withinMs = TIMEOUT_MS, onSlow }: ApiClientOptions): ApiClient => {
  const reach = async ({ method, path, body, headers, signal }: Question): Promise<Response> => {
    const slow = setTimeout(() => onSlow?.(url), SLOW_MS);
    return fetch(`${url}${path}`, {
      method,
      redirect: 'error',
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
      .catch((cause: unknown) => {
        throw silence(url, withinMs, signal, cause);
      })
      .finally(() => clearTimeout(slow));
  };
  const ask = async (question: Question): Promise<Response> => {
    const response = await reach(question);
    if (response.ok) return response;
    throw problemOf(await response.text(), response.status, url);
  };
  const json = async <T>(question: Question): Promise<T> => {
    const signal = AbortSignal.timeout(withinMs);
    const text = await (await ask({ ...question, signal })).text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new SlipwayError('api_unreachable', `what answers at ${url} is no Slipway API`, {}, { cause });
    }
  };
  return {
    url,
    get: (path) => json({ method: 'GET', path }),
    ready: async () => {
      const signal = AbortSignal.timeout(withinMs);
      const response = await reach({ method: 'GET', path: '/ready', signal });
      const text = await response.text();
      const checks = checksOf(text);
      if (checks === undefined) throw problemOf(text, response.status, url);
      return { ready: response.ok, checks };
    },
    post: (path, body = {}, key = undefined) =>
      json({ method: 'POST', path, body, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) }),
    page: async (path) => {
      const asked = { method: 'GET', path, headers: { accept: 'text/html' } } as const;
      return (await ask({ ...asked, signal: AbortSignal.timeout(withinMs) })).text();
    },
    async *events(path, after) {
      const headers = { accept: 'text/event-stream', ...(after === undefined ? {} : { 'last-event-id': after }) };
      const { body } = await ask({ method: 'GET', path, headers });
      if (body === null) return;
      const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
      try {
        for await (const event of events) yield event as EventSourceMessage;
      } catch (cause) {
        throw new SlipwayError('api_unreachable', `the connection to ${url} was cut off`, {}, { cause });
      }
    },
    stream: async (path, onText) => {
      const response = await ask({ method: 'GET', path, headers: { accept: 'text/plain' } });
      const decoder = new TextDecoder();
      try {
        for await (const chunk of response.body ?? []) onText(decoder.decode(chunk as Uint8Array, { stream: true }));
      } catch (cause) {
        throw new SlipwayError('api_unreachable', `the connection to ${url} was cut off`, {}, { cause });
      }
    },
  };
};

/** Undefined where something else than a Slipway API, or one that is not there yet, gave the answer. */
const checksOf = (text: string): Readiness['checks'] | undefined => {
  try {
    const { checks } = JSON.parse(text) as { readonly checks?: unknown };
    if (typeof checks !== 'object' || checks === null) return undefined;
    return Object.fromEntries(Object.entries(checks).map(([name, state]) => [name, String(state)]));
  } catch {
    return undefined;
  }
};

const silence = (url: string, withinMs: number, signal: AbortSignal | undefined, cause: unknown): SlipwayError =>
  signal?.aborted === true
    ? new SlipwayError('timed_out', `no answer from ${url} in ${withinMs / 1000} s`, {}, { cause })
    : new SlipwayError('api_unreachable', `no Slipway API answers at ${url}`, {}, { cause });

/** Fields of problem details that every error has, or that the table has already. */
const KNOWN = ['type', 'title', 'status', 'detail', 'instance', 'code', 'retryable', 'action'];

const problemOf = (text: string, status: number, url: string): SlipwayError => {
  try {
    const problem = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { code, detail } = problem;
    if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) {
      const known = code as ErrorCode;
      const details = Object.fromEntries(Object.entries(problem).filter(([name]) => !KNOWN.includes(name)));
      return new SlipwayError(known, typeof detail === 'string' ? detail : ERRORS[known].meaning, details);
    }
  } catch {
    // Not ours: something else listens there.
  }
  return new SlipwayError('api_unreachable', `HTTP ${status} from ${url}, which is no Slipway API`);
};
