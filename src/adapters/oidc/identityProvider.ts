import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { isSecureOrLoopback } from '../../domain/identity/issuer.js';
import type { AssertedIdentity, IdentityProvider } from '../../ports/identityProvider.js';
import { discover } from './discover.js';

export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Absent: the client's ID. */
  readonly audience?: string;
  /** What ID tokens may be signed with. */
  readonly algorithms: readonly string[];
  readonly groupsClaim: string;
  /** An unknown key asks for the provider's keys again, at most this often. */
  readonly refetchAfterMs?: number;
}

/** An ID token proves a log-in only while it is new. */
const FRESH_SECONDS = 5 * 60;
const CLOCK_SKEW_SECONDS = 30;
const REFETCH_AFTER_MS = 10_000;
const KEYS_LAST_MS = 10 * 60_000;
const MAX_BYTES = 32 * 1024;
const MAX_GROUPS = 1_000;

/**
 * Verifies ID tokens of one OpenID provider (OpenID Connect Core 1.0, 3.1.3.7): keys by discovery, fetched again when
 * one is unknown; algorithms pinned; issuer, audience, authorised party, age and nonce as expected.
 */
export const createIdentityProvider = (settings: ProviderSettings): IdentityProvider => {
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  const keysNow = async (): Promise<ReturnType<typeof createRemoteJWKSet>> =>
    (keys ??= createRemoteJWKSet(await keysUrl(settings), {
      cooldownDuration: settings.refetchAfterMs ?? REFETCH_AFTER_MS,
      cacheMaxAge: KEYS_LAST_MS,
      timeoutDuration: 10_000,
    }));
  return {
    verify: async (idToken, nonce) => {
      if (idToken.length > MAX_BYTES) throw refused('it is too long');
      const known = await keysNow();
      const claims = await verified(idToken, known, settings);
      if (claims['nonce'] !== nonce) throw refused('it was asked for by somebody else: its nonce is another');
      refuseParty(claims, settings);
      return assertedBy(claims, settings);
    },
  };
};

const keysUrl = async ({ issuer, clientId }: ProviderSettings): Promise<URL> => {
  const { jwks_uri: found } = (await discover(issuer, clientId)).serverMetadata();
  if (found !== undefined && isSecureOrLoopback(found)) return new URL(found);
  throw new SlipwayError('identity_provider_unreachable', `${issuer} does not say where its keys are`);
};

const verified = async (
  idToken: string,
  keys: ReturnType<typeof createRemoteJWKSet>,
  { issuer, audience, clientId, algorithms }: ProviderSettings,
): Promise<JWTPayload> => {
  try {
    const { payload } = await jwtVerify(idToken, keys, {
      issuer,
      audience: audience ?? clientId,
      algorithms: [...algorithms],
      requiredClaims: ['sub', 'iat', 'exp', 'nonce', 'auth_time'],
      maxTokenAge: FRESH_SECONDS,
      clockTolerance: CLOCK_SKEW_SECONDS,
    });
    return payload;
  } catch (cause) {
    if (cause instanceof errors.JOSEError && !UNREACHABLE.has(cause.code)) throw refused(cause.message, cause);
    throw new SlipwayError('identity_provider_unreachable', `the keys of ${issuer} cannot be had`, {}, { cause });
  }
};

/** What jose says when it is the answer for the keys that is missing or wrong. */
const UNREACHABLE: ReadonlySet<string> = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID']);

/** A token for several parties, or got by another, is for us only where it says so. */
const refuseParty = ({ aud, azp }: JWTPayload, { clientId }: ProviderSettings): void => {
  if ((Array.isArray(aud) && aud.length > 1) || azp !== undefined) {
    if (azp !== clientId) throw refused('it was given to another client');
  }
};

const assertedBy = (claims: JWTPayload, { issuer, groupsClaim }: ProviderSettings): AssertedIdentity => {
  const { sub: subject = '', iat = 0, auth_time: authTime, email, email_verified: emailVerified } = claims;
  if (typeof authTime !== 'number' || subject === '' || subject.length > 255)
    throw refused('its sub or its auth_time is none');
  const listed = claims[groupsClaim];
  const groups = (Array.isArray(listed) ? listed : [listed]).filter((group) => typeof group === 'string');
  return {
    issuer,
    subject,
    name: nameOf(issuer, subject),
    label: labelOf(claims, subject),
    ...(typeof email === 'string' && emailVerified === true && EMAIL.test(email) ? { email } : {}),
    groups: groups.slice(0, MAX_GROUPS),
    authenticatedAt: authTime * 1000,
    assertedAt: iat * 1000,
  };
};

const EMAIL = /^[^\s@<>"\u0000-\u001f]{1,64}@[A-Za-z0-9.-]{1,190}$/;

/** `sub` as far as it is readable, and a digest that tells apart what reads alike. */
const nameOf = (issuer: string, subject: string): string => {
  const readable = subject
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  const digest = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 16);
  return `${readable === '' ? 'oidc' : readable}-${digest}`.replace(/-+/g, '-');
};

/** What a person would recognise: their name, else how they log in; and their address, where the provider has verified it. */
const labelOf = (
  { preferred_username: username, name, email, email_verified: verified }: JWTPayload,
  subject: string,
): string => {
  const called = [name, username].map(plain).find((text) => text !== '');
  const address = verified === true ? plain(email) : '';
  const parts = [...new Set([called ?? '', address])].filter((part) => part !== '');
  return parts.length === 0 ? plain(subject) : parts.join(', ');
};

const WHOLE = /\u001b\[[0-9;?]*[A-Za-z]|<[^<>]*>/g;

/** Neither mark-up nor commands of a terminal, nor what turns the direction of text. */
const plain = (text: unknown): string =>
  typeof text !== 'string'
    ? ''
    : text
        .normalize('NFC')
        .replace(WHOLE, '')
        .replace(/[^\p{L}\p{M}\p{N} ._@+'’-]/gu, '')
        .trim()
        .slice(0, 100);

const refused = (why: string, cause?: unknown): SlipwayError =>
  new SlipwayError('id_token_refused', `the ID token is refused: ${why}`, {}, cause === undefined ? {} : { cause });
