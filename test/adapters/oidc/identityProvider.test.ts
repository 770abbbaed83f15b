import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { exportSPKI, importJWK, SignJWT, generateKeyPair, exportJWK, type CryptoKey, type JWTPayload } from 'jose';
import { createIdentityProvider } from '../../../src/adapters/oidc/identityProvider.js';
import { loginByLoopback } from '../../../src/adapters/oidc/loopbackLogin.js';
import { SlipwayError } from '../../../src/domain/errors/slipwayError.js';
import type { AssertedIdentity } from '../../../src/ports/identityProvider.js';
import { CLIENT, startIdentityProvider, type IdentityProviderServer } from '../../servers/identityProvider.js';

const NONCE = 'n'.repeat(43);

describe('ID tokens of a real provider', () => {
  let provider: IdentityProviderServer;
  before(async () => {
    provider = await startIdentityProvider();
    provider.account('u-1', {
      email: 'reviewer@example.org',
      email_verified: true,
      groups: ['reviewers', 'everybody'],
      preferred_username: 'The <b>Reviewer</b>\u001b[31m',
    });
  });
  after(() => provider.stop());

  const verifier = (refetchAfterMs = 0) =>
    createIdentityProvider({
      issuer: provider.issuer,
      clientId: CLIENT,
      algorithms: ['RS256'],
      groupsClaim: 'groups',
      refetchAfterMs,
    });
  const login = (nonce = NONCE): Promise<string> =>
    loginByLoopback({
      issuer: provider.issuer,
      clientId: CLIENT,
      scopes: ['openid', 'email'],
      maxAge: 900,
      nonce,
      patienceMs: 30_000,
      show: async (url) => void (await fetch(await provider.browse(url, 'u-1'))),
    });
  const now = (): number => Math.floor(Date.now() / 1000);
  const claims = (): JWTPayload => ({
    iss: provider.issuer,
    aud: CLIENT,
    sub: 'u-1',
    iat: now(),
    exp: now() + 600,
    auth_time: now(),
    nonce: NONCE,
  });
  const refusalOf = async (asked: Promise<AssertedIdentity>): Promise<string> => {
    const error = await asked.then(
      ({ name }) => new Error(`${name} was let in`),
      (refused: unknown) => refused,
    );
    assert.ok(error instanceof SlipwayError, String(error));
    return `${error.code}: ${error.message}`;
  };

  it('prove who logged in, as the provider says', async () => {
    const found = await verifier().verify(await login(), NONCE);
    assert.deepEqual(
      { ...found, authenticatedAt: 0, assertedAt: 0 },
      {
        issuer: provider.issuer,
        subject: 'u-1',
        name: found.name,
        label: 'The Reviewer, reviewer@example.org',
        email: 'reviewer@example.org',
        groups: ['reviewers', 'everybody'],
        authenticatedAt: 0,
        assertedAt: 0,
      },
    );
    assert.match(found.name, /^u-1-[0-9a-f]{16}$/);
    assert.ok(found.assertedAt >= found.authenticatedAt);
  });

  it('have a label that a person would recognise, and that is neither mark-up nor a command of a terminal', async () => {
    const labelOf = async (said: object) =>
      (await verifier().verify(await provider.sign({ ...claims(), ...said }), NONCE)).label;
    const verified = { email: 'reviewer@example.org', email_verified: true };
    assert.equal(await labelOf({ name: 'Flight O’Reviewer', ...verified }), 'Flight O’Reviewer, reviewer@example.org');
    assert.equal(await labelOf({ preferred_username: 'rev', ...verified, email_verified: false }), 'rev');
    assert.equal(await labelOf(verified), 'reviewer@example.org');
    assert.equal(await labelOf({ preferred_username: 'reviewer@example.org', ...verified }), 'reviewer@example.org');
    const hostile = '\u001b[31m<img src=x onerror=y>\u202eReview\u0007er\u009b2J&lt;"`\n';
    assert.equal(await labelOf({ name: hostile }), 'Reviewer2Jlt');
    assert.equal(await labelOf({ name: '<b>', preferred_username: '\u001b' }), await labelOf({}));
    assert.ok((await labelOf({ name: 'x'.repeat(9_999) })).length <= 100);
  });

  it('have a name that is safe, and tells apart what reads alike', async () => {
    const nameOf = async (sub: string) =>
      (await verifier().verify(await provider.sign({ ...claims(), sub }), NONCE)).name;
    const names = await Promise.all(['a/b', 'a.b', 'A B', '../../x', '<script>', 'é', 'x'.repeat(255)].map(nameOf));
    assert.equal(new Set(names).size, names.length);
    for (const name of names) assert.match(name, /^[a-z0-9][a-z0-9-]{0,62}$/);
  });

  it('bring no address that the provider has not verified', async () => {
    for (const verified of [undefined, false, 'true', 1]) {
      const token = await provider.sign({ ...claims(), email: 'x@example.org', email_verified: verified });
      assert.equal((await verifier().verify(token, NONCE)).email, undefined);
    }
  });

  it('are refused when anything about them is wrong', async () => {
    const other = await startIdentityProvider();
    const signed = (change: JWTPayload, header = {}) => provider.sign({ ...claims(), ...change }, header);
    const rows: readonly (readonly [string, () => Promise<string>, RegExp])[] = [
      ['another audience', () => signed({ aud: 'wiki' }), /unexpected "aud"/],
      ['several audiences, got by another', () => signed({ aud: [CLIENT, 'wiki'] }), /another client/],
      ['got by another client', () => signed({ azp: 'wiki' }), /another client/],
      ['another issuer', () => signed({ iss: 'https://evil.example' }), /unexpected "iss"/],
      ['expired', () => signed({ exp: now() - 60 }), /"exp"/],
      ['older than five minutes', () => signed({ iat: now() - 400 }), /"iat"|too far in the past/],
      ['from the future', () => signed({ iat: now() + 120 }), /"iat"/],
      ['another nonce', () => signed({ nonce: 'x'.repeat(43) }), /nonce/],
      ['no nonce', () => signed({ nonce: undefined }), /"nonce"/],
      ['no time of the log-in', () => signed({ auth_time: undefined }), /"auth_time"/],
      ['a key of another provider', () => other.sign(claims()), /no applicable key/],
      ['a key of another provider under our ID', async () => otherKey(await keyId(provider), claims()), /signature/],
      ['an altered claim', async () => altered(await signed({})), /signature/],
      ['no signature', async () => unsigned(claims()), /"alg"|not allowed/i],
      ['the public key as a shared secret', async () => swapped(provider, claims()), /"alg"|not allowed/i],
      ['a key that the token brings', async () => brought(claims()), /no applicable key|signature/],
      ['no token', async () => 'x.y.z', /./],
      ['one that is too long', async () => 'x'.repeat(40_000), /too long/],
    ];
    for (const [what, make, why] of rows) {
      const refusal = await refusalOf(verifier().verify(await make(), NONCE));
      assert.match(refusal, /^id_token_refused: /, what);
      assert.match(refusal, why, what);
    }
    await other.stop();
  });

  it('are refused when they are signed in another way than the operator says, also with the right key', async () => {
    const settings = { issuer: provider.issuer, clientId: CLIENT, algorithms: ['PS256'], groupsClaim: 'groups' };
    const refusal = await refusalOf(createIdentityProvider(settings).verify(await provider.sign(claims()), NONCE));
    assert.match(refusal, /^id_token_refused: .*not allowed/);
  });

  it('are verified with new keys once the provider has them, and with old ones no more', async () => {
    const known = verifier();
    const before = await provider.sign(claims());
    await known.verify(before, NONCE);
    await provider.rotate();
    await known.verify(await login(), NONCE);
    assert.match(await refusalOf(known.verify(before, NONCE)), /no applicable key/);
  });

  it('of unknown keys do not make us ask the provider each time', async () => {
    const known = verifier(60_000);
    await known.verify(await provider.sign(claims()), NONCE);
    const asked = provider.keyRequests();
    for (let index = 0; index < 20; index++)
      await refusalOf(known.verify(await provider.sign(claims(), { kid: `unknown-${index}` }), NONCE));
    assert.equal(provider.keyRequests(), asked);
  });

  it('cannot be judged while the provider does not answer, which is no refusal', async () => {
    const gone = await startIdentityProvider();
    await gone.stop();
    const settings = { issuer: gone.issuer, clientId: CLIENT, algorithms: ['RS256'], groupsClaim: 'groups' };
    const refusal = await refusalOf(createIdentityProvider(settings).verify(await provider.sign(claims()), NONCE));
    assert.match(refusal, /^identity_provider_unreachable/);
  });
});

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (claims: JWTPayload): string => `${part({ alg: 'none' })}.${part(claims)}.`;
const altered = (token: string): string => {
  const [header, body = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as JWTPayload;
  return [header, part({ ...claims, sub: 'u-2' }), signature].join('.');
};
const keyId = async (provider: IdentityProviderServer): Promise<string> => {
  const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
  return keys[0]!.kid;
};
/** RFC 8725, 2.1: a verifier that lets the token choose would take the public key for the secret. */
const swapped = async (provider: IdentityProviderServer, claims: JWTPayload): Promise<string> => {
  const pem = await exportSPKI((await importJWK(provider.publicKey(), 'RS256')) as CryptoKey);
  const text = `${part({ alg: 'HS256', kid: await keyId(provider) })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
};
const otherKey = async (kid: string, claims: JWTPayload): Promise<string> => {
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
};
const brought = async (claims: JWTPayload): Promise<string> => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = await exportJWK(publicKey);
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', jwk, kid: 'brought' }).sign(privateKey);
};
