import { readFile } from 'node:fs/promises';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

export interface ApiServerOptions {
  /** https, or http to a proxy on this machine that adds the credentials, such as `kubectl proxy`. */
  readonly apiServer: string;
  /** Read for every question: Kubernetes replaces tokens of service accounts while they are in use. */
  readonly tokenFile?: string;
  /** Certificates of who may speak as the API server; absent: those of the system. */
  readonly caFile?: string;
}

export interface ApiQuestion {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly timeoutMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
}

export type AskApiServer = (question: ApiQuestion) => Promise<ApiAnswer>;

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** One question to the API server; `target_unreachable` where no whole answer comes in time. */
export const createApiServer = ({ apiServer, tokenFile, caFile }: ApiServerOptions): AskApiServer => {
  const base = new URL(apiServer);
  const secure = base.protocol === 'https:';
  const plain = new PlainAgent({ keepAlive: true });
  let trusted: { readonly ca: string | undefined; readonly agent: Agent } | undefined;
  const agentFor = async (): Promise<PlainAgent | Agent> => {
    if (!secure) return plain;
    const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
    if (trusted === undefined || trusted.ca !== ca)
      trusted = { ca, agent: new Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) }) };
    return trusted.agent;
  };
  return async ({ method = 'GET', path, body, contentType = 'application/json', timeoutMs = TIMEOUT_MS }) => {
    try {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
      const headers = {
        accept: 'application/json',
        'user-agent': 'slipway',
        ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': payload.length }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const options = { method, headers, agent: await agentFor(), signal: AbortSignal.timeout(timeoutMs) };
      const url = new URL(`${base.pathname.replace(/\/+$/, '')}${path}`, base);
      return await new Promise<ApiAnswer>((resolve, reject) => {
        const sent = (secure ? tlsRequest : plainRequest)(url, options, (response) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > MAX_BYTES) response.destroy(new Error(`an answer of more than ${MAX_BYTES} bytes`));
            else chunks.push(chunk);
          });
          response.once('error', reject);
          response.once('end', () =>
            resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString('utf8')) }),
          );
        });
        sent.once('error', reject);
        sent.end(payload);
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SlipwayError('target_unreachable', `the API server at ${base.origin}: ${why}`, {}, { cause });
    }
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
