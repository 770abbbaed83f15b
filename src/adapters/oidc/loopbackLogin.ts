import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { discover } from './discover.js';

export interface LoginRequest {
  readonly issuer: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Seconds; the provider asks again whom it asked longer ago. */
  readonly maxAge: number;
  readonly nonce: string;
  /** Shows the address to the person, in whatever way. */
  readonly show: (url: string) => void | Promise<void>;
  /** How long the person may take. */
  readonly patienceMs: number;
  /** Of 127.0.0.1, for a browser that comes through a tunnel; absent: any that is free. */
  readonly port?: number;
}

/**
 * Lets a person log in with the browser of this machine: authorization code with PKCE (RFC 7636), answered to a port of
 * 127.0.0.1 that is open for this one log-in only (RFC 8252, 7.3).
 *
 * @returns the ID token. Errors: `login_failed`, `login_denied`, `login_timed_out`, `login_port_taken`, `issuer_mismatch`,
 * `identity_provider_unreachable`
 */
export const loginByLoopback = async (request: LoginRequest): Promise<string> => {
  const provider = await discover(request.issuer, request.clientId);
  const verifier = randomPKCECodeVerifier();
  const state = randomState();
  const listener = await listen(state, request.port ?? 0);
  try {
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: listener.redirectUri,
      response_type: 'code',
      scope: request.scopes.join(' '),
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      max_age: String(request.maxAge),
      nonce: request.nonce,
      state,
    });
    await request.show(url.href);
    const answer = await listener.answer(request.patienceMs);
    return await exchange(provider, answer, { verifier, state, ...request });
  } finally {
    listener.close();
  }
};

const exchange = async (
  provider: Configuration,
  answer: URL,
  { verifier, state, nonce, maxAge }: { verifier: string; state: string; nonce: string; maxAge: number },
): Promise<string> => {
  try {
    const { id_token: idToken } = await authorizationCodeGrant(provider, answer, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
      maxAge,
    });
    if (idToken !== undefined) return idToken;
  } catch (cause) {
    if ((cause as { readonly error?: unknown }).error === 'access_denied')
      throw new SlipwayError('login_denied', `the identity provider refuses it: ${sayError(cause)}`, {}, { cause });
    throw new SlipwayError('login_failed', `the identity provider gave no log-in: ${sayError(cause)}`, {}, { cause });
  }
  throw new SlipwayError('login_failed', 'the identity provider gave no ID token');
};

/** What OAuth calls the error, where it is one of OAuth's. */
const sayError = (cause: unknown): string => {
  const { error, error_description: description, message } = cause as Readonly<Record<string, unknown>>;
  const known = typeof error === 'string' ? error : String(message);
  const said = typeof description === 'string' ? `${known}: ${description}` : known;
  return said.replace(/[^\p{L}\p{N}\p{P} ]/gu, '').slice(0, 300);
};

interface Listener {
  readonly redirectUri: string;
  answer(patienceMs: number): Promise<URL>;
  close(): void;
}

const PATH = '/callback';

/** Takes the one answer that names our state: a page of anybody else that asks this port is refused, and changes nothing. */
const listen = async (state: string, port: number): Promise<Listener> => {
  let take: (url: URL) => void = () => undefined;
  const taken = new Promise<URL>((resolve) => (take = resolve));
  let origin = '';
  /** Answers to another log-in: one that was begun before, or a made-up one. */
  let strangers = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    // Any page can ask this port for anything, also for what is no address.
    const path = request.url ?? '/';
    const url = new URL(URL.canParse(path, origin) ? path : '/', origin);
    const ours = request.method === 'GET' && url.pathname === PATH && url.searchParams.get('state') === state;
    say(
      response,
      ours ? 200 : 404,
      ours ? 'You may close this window, and go on in the terminal.' : 'Nothing is here.',
    );
    if (ours) take(url);
    else if (url.pathname === PATH) strangers += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    const where = port === 0 ? 'a port' : `port ${port}`;
    throw new SlipwayError('login_port_taken', `${where} of 127.0.0.1: ${cause.code ?? cause.message}`, {}, { cause });
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `${origin}${PATH}`,
    answer: (patienceMs) =>
      new Promise((resolve, reject) => {
        const late = (): SlipwayError =>
          new SlipwayError(
            'login_timed_out',
            `nobody logged in within the time for it${strangers === 0 ? '' : `; ${strangers} answers came, and were of another log-in`}`,
          );
        const timer = setTimeout(() => reject(late()), patienceMs);
        void taken.then((url) => {
          clearTimeout(timer);
          resolve(url);
        });
      }),
    close: () => {
      server.close();
      server.closeIdleConnections();
    },
  };
};

const say = (response: ServerResponse, status: number, text: string): void => {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      connection: 'close',
    })
    .end(`<!doctype html><title>Slipway</title><p>${text}</p>`);
};
