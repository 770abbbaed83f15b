import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createExchange, readBody } from './httpExchange.js';
import { createRetryBudget } from './retryBudget.js';
import { encodePath, encodeQuery, signRequest, type Credentials } from './signature.js';
import { answerError, connectionError, isTransient, parseAnswer } from './storeErrors.js';

export interface S3Options extends Credentials {
  /** e.g. `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  readonly bucket: string;
  /**
   * Somebody waits for the answer: a store that is silent for so long is not asked again. Absent: it is tried as long
   * as it takes, as is right for what nobody looks at.
   */
  readonly answerWithinMs?: number;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: S3Body;
  /** Statuses that are answers, not errors. */
  readonly expect: readonly number[];
  /** How often it is tried in all; 3 unless told. */
  readonly attempts?: number;
}

export interface S3Body {
  readonly size: number;
  /** SHA-256 of the body in hex: the store refuses other bytes. Parts of an upload bring a CRC-32 in their headers instead. */
  readonly sha256?: string;
  /** Opened again for every attempt. */
  open(): Uint8Array | Readable;
}

export interface S3Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Signed requests to one bucket, retried a little where many others did not just fail. */
export interface S3Client {
  readonly options: S3Options;
  call(request: S3Request): Promise<S3Response>;
  /** Hands the response to `consume` before its body is read; both are repeated when the store fails in between. */
  stream<T>(request: S3Request, consume: (response: IncomingMessage) => Promise<T>): Promise<T>;
}

const ATTEMPTS = 3;
const BACKOFF_MS = 100;
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

export const createS3Client = (options: S3Options): S3Client => {
  const url = new URL(options.endpoint);
  const exchange = createExchange(url, options.answerWithinMs);
  const budget = createRetryBudget();

  const send = async (request: S3Request): Promise<IncomingMessage> => {
    const what = `${request.method} ${request.key}`;
    const path = encodePath(options.bucket, request.key);
    const query = request.query ?? {};
    const encoded = encodeQuery(query);
    const named = { ...request.headers, ...checksum(request.body), host: url.host };
    const headers = signRequest({ method: request.method, path, query, headers: named }, options, new Date());
    const sized =
      request.method === 'PUT' || request.method === 'POST'
        ? { 'content-length': String(request.body?.size ?? 0) }
        : {};
    const body = request.body?.open();
    const response = await exchange({
      method: request.method,
      target: encoded === '' ? path : `${path}?${encoded}`,
      headers: { ...headers, ...sized },
      ...(body === undefined ? {} : { body }),
    }).catch((error: unknown) => {
      throw connectionError(what, options.endpoint, error);
    });
    if (request.expect.includes(response.statusCode ?? 0)) return response;
    const answer = await readBody(response, MAX_ERROR_BYTES).catch(() => Buffer.alloc(0));
    throw answerError(what, parseAnswer(response.statusCode ?? 0, answer.toString('utf8')));
  };

  const retrying = async <T>({ attempts = ATTEMPTS }: S3Request, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const overdue = (): boolean => performance.now() - began >= (options.answerWithinMs ?? Infinity);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await work();
        budget.succeeded();
        return result;
      } catch (error) {
        if (attempt >= attempts || overdue() || !isTransient(error) || !budget.take()) throw error;
        const wait = BACKOFF_MS * 4 ** (attempt - 1) * (0.5 + Math.random());
        await new Promise((resume) => setTimeout(resume, wait));
      }
    }
  };

  return {
    options,
    stream: (request, consume) => retrying(request, async () => consume(await send(request))),
    call: (request) =>
      retrying(request, async () => {
        const response = await send(request);
        const body = await readBody(response, MAX_BODY_BYTES).catch((error: unknown) => {
          throw connectionError(`${request.method} ${request.key}`, options.endpoint, error);
        });
        return { status: response.statusCode ?? 0, headers: response.headers, body };
      }),
  };
};

/** As a signed header, because not every store checks the payload hash of the signature. */
const checksum = (body: S3Body | undefined): Readonly<Record<string, string>> =>
  body?.sha256 === undefined ? {} : { 'x-amz-checksum-sha256': Buffer.from(body.sha256, 'hex').toString('base64') };
