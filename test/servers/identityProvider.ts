/** A real OpenID provider, oidc-provider, in the test's own process, with people who log in as soon as they are asked. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

export const CLIENT = 'slipway';
const ACCOUNT_HEADER = 'x-account';

export interface IdentityProviderServer {
  readonly issuer: string;
  /** What the provider knows of somebody from now on; `denied`: why it lets them not in. */
  account(subject: string, claims: Readonly<Record<string, unknown>>): void;
  /** A browser of this person: follows redirects with its cookies until they lead away from the provider. */
  browse(url: string, subject: string): Promise<URL>;
  /** New keys, and only them. */
  rotate(): Promise<void>;
  /** Signs claims with the provider's own key of now. */
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** The public key of now. */
  publicKey(): JWK;
  /** How often the keys were asked for. */
  readonly keyRequests: () => number;
  stop(): Promise<void>;
}

const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: 'sig', alg: 'RS256' };
};

export const startIdentityProvider = async (): Promise<IdentityProviderServer> => {
  const accounts = new Map<string, Readonly<Record<string, unknown>>>();
  let key = await newKey();
  let keyRequests = 0;
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => {
    if (request.url === '/jwks') keyRequests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = (): void => {
    const provider = new Provider(issuer, configurationOf(key, accounts));
    const handle = provider.callback();
    answer = (request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) return void handle(request, response);
      const { denied } = accounts.get(String(request.headers[ACCOUNT_HEADER])) ?? {};
      void (typeof denied === 'string'
        ? refuse(provider, request, response, denied)
        : agree(provider, request, response));
    };
  };
  open();
  return {
    issuer,
    account: (subject, claims) => void accounts.set(subject, claims),
    browse: (url, subject) => browse(issuer, url, subject),
    rotate: async () => {
      key = await newKey();
      open();
    },
    sign: async (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: String(key.kid), ...header })
        .sign(await importJWK(key, 'RS256')),
    publicKey: () => ({ kty: 'RSA', n: String(key.n), e: String(key.e) }),
    keyRequests: () => keyRequests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Whoever is asked says who they are, and agrees: native clients ask each time. */
const agree = async (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { prompt } = await provider.interactionDetails(request, response);
  const login = { accountId: String(request.headers[ACCOUNT_HEADER]) };
  await provider.interactionFinished(request, response, prompt.name === 'login' ? { login } : { consent: {} }, {
    mergeWithLastSubmission: true,
  });
};

const refuse = (provider: Provider, request: IncomingMessage, response: ServerResponse, why: string): Promise<void> =>
  provider.interactionFinished(request, response, { error: 'access_denied', error_description: why });

const configurationOf = (
  key: JWK,
  accounts: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): Configuration => ({
  clients: [
    {
      client_id: CLIENT,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      id_token_signed_response_alg: 'RS256',
    },
  ],
  jwks: { keys: [key as never] },
  cookies: { keys: [randomUUID()] },
  scopes: ['openid', 'email'],
  claims: { openid: ['sub', 'groups', 'preferred_username', 'name'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: (_, accountId) => {
    const claims = accounts.get(accountId);
    return claims === undefined
      ? undefined
      : { accountId, claims: async () => ({ sub: accountId, ...claims }) as { sub: string } };
  },
  // Nobody is asked whether they agree.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new oidc.provider.Grant({ clientId: oidc.client!.clientId, accountId: oidc.session!.accountId! });
    grant.addOIDCScope('openid email');
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
});

const browse = async (issuer: string, first: string, subject: string): Promise<URL> => {
  const cookies = new Map<string, string>();
  let url = new URL(first);
  for (let steps = 0; url.origin === issuer; steps++) {
    if (steps === 20) throw new Error(`the provider leads in circles: ${url.href}`);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        [ACCOUNT_HEADER]: subject,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (next === null) throw new Error(`the provider leads nowhere: ${response.status} ${await response.text()}`);
    url = new URL(next, url);
  }
  return url;
};
