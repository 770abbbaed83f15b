import { ERRORS, type ErrorCode } from '../domain/errors/table.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

export interface ApiClient {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown, idempotencyKey?: string): Promise<T>;
  /** Text as it comes; ends with the answer. */
  stream(path: string, onText: (text: string) => void, signal: AbortSignal): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/** The API by HTTP: problem details become errors of the table, and silence becomes `api_unreachable`. */
export const createApiClient = (url: string, token: string | undefined): ApiClient => {
  const ask = async (
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
    headers: Record<string, string> = {},
  ): Promise<Response> => {
    const response = await fetch(`${url}${path}`, {
      method,
      signal,
      redirect: 'error',
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      if (signal.aborted)
        throw new SlipwayError('timed_out', `no answer from ${url} in ${TIMEOUT_MS / 1000} s`, {}, { cause });
      throw new SlipwayError('api_unreachable', `no Slipway API answers at ${url}`, {}, { cause });
    });
    if (response.ok) return response;
    throw problemOf(await response.text(), response.status);
  };
  const json = async <T>(response: Response): Promise<T> => (await response.json()) as T;
  return {
    url,
    get: async (path) => json(await ask('GET', path, undefined, AbortSignal.timeout(TIMEOUT_MS))),
    post: async (path, body = {}, key = undefined) =>
      json(
        await ask(
          'POST',
          path,
          body,
          AbortSignal.timeout(TIMEOUT_MS),
          key === undefined ? {} : { 'idempotency-key': key },
        ),
      ),
    stream: async (path, onText, signal) => {
      const response = await ask('GET', path, undefined, signal, { accept: 'text/plain' });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) onText(decoder.decode(chunk as Uint8Array, { stream: true }));
    },
  };
};

const problemOf = (text: string, status: number): SlipwayError => {
  try {
    const { code, detail, errors } = JSON.parse(text) as { code?: unknown; detail?: unknown; errors?: unknown };
    if (typeof code === 'string' && Object.hasOwn(ERRORS, code)) {
      return new SlipwayError(
        code as ErrorCode,
        typeof detail === 'string' ? detail : ERRORS[code as ErrorCode].meaning,
        errors === undefined ? {} : { errors },
      );
    }
  } catch {
    // Not ours: something else listens there.
  }
  return new SlipwayError('api_unreachable', `HTTP ${status} from something that is no Slipway API`);
};
