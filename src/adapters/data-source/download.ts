import { lookup as resolve, type LookupAddress } from 'node:dns';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { isPublicAddress } from './publicAddress.js';

export interface DownloadOptions {
  /** Hosts that may be at addresses of this machine or its network. */
  readonly hosts: readonly string[];
  readonly downloadBytes: number;
  /** Answers with all addresses of a host; that of the system where absent. */
  readonly resolve?: (
    host: string,
    done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
  ) => void;
  /** Who signs certificates; whom Node.js trusts where absent. */
  readonly ca?: string;
}

const MAX_REDIRECTS = 5;
const SILENCE_MS = 60_000;

/**
 * Fetches a file of the Internet. Addresses in a repository are chosen by whoever may commit there, and the worker stands
 * inside the operator's network: every address that is connected to, also behind a redirect, is a public one or of a host
 * that the operator lists.
 */
export const download = async (
  uri: string,
  path: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<void> => {
  try {
    const response = await follow(uri, options, signal);
    await pipeline(response, atMost(uri, options.downloadBytes), createWriteStream(path), { signal });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SlipwayError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SlipwayError('data_unreachable', `${uri} cannot be read: ${why}`, { uri }, { cause });
  }
};

/** The same of an address that is not fetched; one that has no answer any more may still be that of data in the store. */
export const assertReachable = async (uri: string, options: DownloadOptions): Promise<void> => {
  const host = hostOf(new URL(uri));
  if (isListed(host, options)) return;
  const { resolve: find = findAll } = options;
  const addresses =
    isIP(host) !== 0
      ? [host]
      : await new Promise<readonly string[]>((answer) => {
          find(host, (error, found) => answer(error === null ? found.map(({ address }) => address) : []));
        });
  if (!addresses.every(isPublicAddress)) throw notPublic(uri);
};

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const isListed = (host: string, { hosts }: DownloadOptions): boolean =>
  hosts.some((name) => name.toLowerCase() === host);

const follow = async (uri: string, options: DownloadOptions, signal: AbortSignal): Promise<IncomingMessage> => {
  let url = new URL(uri);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    if (url.protocol !== 'https:') throw notAllowed(uri, 'it leads to an address that is not https:');
    const response = await ask(uri, url, options, signal);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined)
      throw new Error(`it answers ${statusCode}`);
    url = new URL(headers.location, url);
  }
  throw new Error(`it is redirected more than ${MAX_REDIRECTS} times`);
};

const ask = (uri: string, url: URL, options: DownloadOptions, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((answer, reject) => {
    const host = hostOf(url);
    const listed = isListed(host, options);
    // For an address nothing is looked up.
    if (!listed && isIP(host) !== 0 && !isPublicAddress(host)) {
      reject(notPublic(uri));
      return;
    }
    const agent = new Agent({ keepAlive: false, ...(options.ca === undefined ? {} : { ca: options.ca }) });
    const lookup = listed ? resolved(options) : resolved(options, () => notPublic(uri));
    const request = get(url, { agent, lookup, signal, timeout: SILENCE_MS }, answer);
    request.on('timeout', () => request.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
    request.on('error', reject);
  });

/** The addresses that are looked at are those that are connected to: a name is asked for once. */
const resolved =
  ({ resolve: find = findAll }: DownloadOptions, refuse?: () => Error): LookupFunction =>
  (host, { all }, done) => {
    find(host, (error, addresses) => {
      const refused =
        refuse !== undefined && addresses.some(({ address }) => !isPublicAddress(address)) ? refuse() : null;
      const [first] = addresses;
      const failure = error ?? refused ?? (first === undefined ? new Error(`${host} has no address`) : null);
      if (failure !== null || first === undefined) done(failure, '');
      else if (all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };

const findAll: NonNullable<DownloadOptions['resolve']> = (host, done) => {
  resolve(host, { all: true }, (error, addresses) => done(error, error === null ? addresses : []));
};

const atMost = (uri: string, most: number): Transform => {
  let bytes = 0;
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      bytes += chunk.length;
      if (bytes <= most) done(null, chunk);
      else
        done(new SlipwayError('too_large', `${uri} is larger than the ${most} bytes of data.downloadBytes`, { uri }));
    },
  });
};

const notPublic = (uri: string): SlipwayError =>
  notAllowed(uri, 'it leads to an address that is not of the Internet, and to no host of data.hosts');

const notAllowed = (uri: string, why: string): SlipwayError =>
  new SlipwayError('data_refused', `${uri}: ${why}`, { uri });
