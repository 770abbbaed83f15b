import { ERRORS, type ErrorCode } from '../domain/errors/table.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

export interface ApiClient {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, idempotencyKey?: string): Promise<T>;
  /** A page to keep. */
  page(path: string): Promise<string>;
  /** Text as it comes; ends with the answer. */
  stream(path: string, onText: (text: string) => void): Promise<void>;
}

export interface ApiClientOptions {
  readonly url: string;
  readonly token?: string;
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
export const createApiClient = ({ url, token, onSlow }: ApiClientOptions): ApiClient => {
  const ask = async ({ method, path, body, headers, signal }: Question): Promise<Response> => {
    const slow = setTimeout(() => onSlow?.(url), SLOW_MS);
    const response = await fetch(`${url}${path}`, {
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
        throw silence(url, signal, cause);
      })
      .finally(() => clearTimeout(slow));
    if (response.ok) return response;
    throw problemOf(await response.text(), response.status, url);
  };
  const json = async <T>(question: Question): Promise<T> => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
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
    post: (path, body = {}, key = undefined) =>
      json({ method: 'POST', path, body, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) }),
    page: async (path) => {
      const asked = { method: 'GET', path, headers: { accept: 'text/html' } } as const;
      return (await ask({ ...asked, signal: AbortSignal.timeout(TIMEOUT_MS) })).text();
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

const silence = (url: string, signal: AbortSignal | undefined, cause: unknown): SlipwayError =>
  signal?.aborted === true
    ? new SlipwayError('timed_out', `no answer from ${url} in ${TIMEOUT_MS / 1000} s`, {}, { cause })
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
