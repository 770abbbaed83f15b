import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { beginning, bounded, json } from './bytes.js';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Path below the registry, or the whole address that it gave. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Opened again for a repeat. */
  readonly body?: () => NonNullable<RequestInit['body']>;
  readonly expect: readonly number[];
}

export type Exchange = (request: RegistryRequest) => Promise<Response>;

const TIMEOUT_MS = 600_000;
const TOKEN_BYTES = 64 * 1024;
/** Of what a registry says when it refuses: the rest would only be clipped. */
const TOLD_BYTES = 500;

/**
 * Requests to one registry. A challenge is answered once: Bearer with a token of the realm that it names, Basic with the
 * credentials. Credentials never leave over plain HTTP, but on this machine, and only the registry itself is answered:
 * where it sends us elsewhere, nobody there is given them.
 */
export const createExchange = (origin: string, credentials?: Credentials): Exchange => {
  let authorization: string | undefined;

  const send = async ({ method, target, headers, body }: RegistryRequest): Promise<Response> => {
    const url = new URL(target, origin);
    const ours = url.origin === new URL(origin).origin;
    try {
      return await fetch(url, {
        method,
        headers: { ...headers, ...(ours && authorization !== undefined ? { authorization } : {}) },
        ...(body === undefined ? {} : { body: body(), duplex: 'half' }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      } as RequestInit);
    } catch (cause) {
      const why = sayWhy(cause);
      throw new SlipwayError('registry_unreachable', `${url.host} does not answer: ${why}`, {}, { cause });
    }
  };

  return async (request) => {
    let response = await send(request);
    if (response.status === 401 && new URL(response.url).origin === new URL(origin).origin) {
      await response.body?.cancel();
      authorization = await answer(response.headers.get('www-authenticate') ?? '', origin, credentials);
      response = await send(request);
    }
    if (request.expect.includes(response.status)) return response;
    const text = new TextDecoder().decode(await beginning(response, TOLD_BYTES)).slice(0, TOLD_BYTES);
    const code = response.status >= 500 || response.status === 429 ? 'registry_unreachable' : 'registry_refused';
    throw new SlipwayError(
      response.status === 404 ? 'artifact_unknown' : code,
      `${request.method} ${new URL(request.target, origin).pathname}: the registry answered ${response.status} ${text}`.trim(),
    );
  };
};

/** OpenSSL has its own words for a server that does not speak TLS. */
const sayWhy = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return '';
  const { code = '' } = cause as NodeJS.ErrnoException;
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
    ? 'it does not speak TLS; --plain-http, where that is meant'
    : cause.message;
};

const answer = async (challenge: string, origin: string, credentials: Credentials | undefined): Promise<string> => {
  const basic =
    credentials === undefined
      ? undefined
      : `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  if (/^basic/i.test(challenge)) {
    if (basic === undefined || !isSafe(new URL(origin))) throw refused(`${origin} asks for credentials`);
    return basic;
  }
  const parameters = Object.fromEntries(
    [...challenge.matchAll(/(realm|service|scope)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  ) as Readonly<Record<string, string>>;
  if (!/^bearer/i.test(challenge) || !URL.canParse(parameters['realm'] ?? ''))
    throw refused(`${origin} wants another kind of authentication: ${challenge.slice(0, 100)}`);
  const realm = new URL(parameters['realm'] ?? '');
  if (!isSafe(realm)) throw refused(`${origin} sends credentials to ${realm.origin}, which is not HTTPS`);
  for (const name of ['service', 'scope']) {
    const value = parameters[name];
    if (value !== undefined) realm.searchParams.set(name, value);
  }
  const response = await fetch(realm, {
    headers: basic === undefined ? {} : { authorization: basic },
    signal: AbortSignal.timeout(30_000),
    redirect: 'error',
  }).catch((cause: unknown) => {
    throw new SlipwayError('registry_unreachable', `${realm.host} gives no token`, {}, { cause });
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw refused(`${realm.host} gives no token: it answered ${response.status}`);
  }
  const { token, access_token: accessToken } = (json(await bounded(response, TOKEN_BYTES)) ?? {}) as {
    token?: unknown;
    access_token?: unknown;
  };
  const given = token ?? accessToken;
  if (typeof given !== 'string') throw refused(`${realm.host} gives no token: its answer holds none`);
  return `Bearer ${given}`;
};

const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';

const refused = (why: string): SlipwayError => new SlipwayError('registry_refused', why);
