import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecured } from 'node:https';
import { MOST_LEVELS, nestsTooDeep } from '../../domain/jsonDepth.js';

export interface MetricHosts {
  /** `host` or `host:port`, as an address names them; nothing else is asked. */
  readonly hosts: readonly string[];
  /** Who signs certificates; whom Node.js trusts where absent. */
  readonly ca?: string;
}

export type JsonAnswer =
  | { readonly status: number; readonly body: unknown }
  /** Nothing that can be read came. */
  | { readonly problem: string };

const MOST_BYTES = 1024 * 1024;

/**
 * Asks one address for JSON. Whoever may commit to a repository chooses it, and what is asked stands in the operator's own
 * network: only hosts that the operator lists are asked, and where one sends the asker elsewhere, nobody goes there.
 * Rejects with the reason of `signal` alone.
 */
export const getJson = async (
  url: URL,
  options: MetricHosts & { readonly token?: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<JsonAnswer> => {
  if (!isListed(url, options.hosts))
    return { problem: `${url.host} is not listed under metrics.hosts in slipway.config.yaml` };
  // A repository writes the address: it must not have a secret sent where everybody on the way reads it.
  if (options.token !== undefined && url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    return { problem: `${url.host} is asked without TLS, and a secret is not sent there` };
  const overdue = AbortSignal.timeout(timeoutMs);
  try {
    const response = await ask(url, options, AbortSignal.any([signal, overdue]));
    const status = response.statusCode ?? 0;
    if (status >= 300 && status < 400) {
      response.destroy();
      return { problem: `${url.host} answers ${status}: it is not followed elsewhere` };
    }
    const text = await textOf(response);
    // A server may answer with what it was sent.
    return parsed(url, status, options.token === undefined ? text : text.replaceAll(options.token, '***'));
  } catch (error) {
    signal.throwIfAborted();
    if (overdue.aborted) return { problem: `${url.host} did not answer in ${timeoutMs / 1000} s` };
    return { problem: `${url.host} cannot be asked: ${error instanceof Error ? error.message : String(error)}` };
  }
};

const LOOPBACK = /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/;

const isListed = (url: URL, hosts: readonly string[]): boolean =>
  (url.protocol === 'http:' || url.protocol === 'https:') &&
  url.username === '' &&
  url.password === '' &&
  hosts.some((host) => host.toLowerCase() === url.host);

const ask = (
  url: URL,
  { ca, token }: MetricHosts & { readonly token?: string },
  signal: AbortSignal,
): Promise<IncomingMessage> =>
  new Promise((answer, reject) => {
    const headers = {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const same = { headers, agent: false as const, signal };
    const request =
      url.protocol === 'https:'
        ? getSecured(url, { ...same, ...(ca === undefined ? {} : { ca }) }, answer)
        : getPlain(url, same, answer);
    request.on('error', reject);
  });

const textOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop ends the connection.
    if (bytes > MOST_BYTES) throw new Error(`it answers with more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parsed = (url: URL, status: number, text: string): JsonAnswer => {
  try {
    const body: unknown = JSON.parse(text);
    if (nestsTooDeep(body)) return { problem: `what ${url.host} answers nests deeper than ${MOST_LEVELS} levels` };
    return { status, body };
  } catch {
    return { problem: `${url.host} answers ${status} without JSON` };
  }
};
