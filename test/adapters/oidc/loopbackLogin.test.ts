import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { loginByLoopback } from '../../../src/adapters/oidc/loopbackLogin.js';
import { SlipwayError } from '../../../src/domain/errors/slipwayError.js';
import { freePorts } from '../../../src/supervisor/freePorts.js';
import { CLIENT, startIdentityProvider, type IdentityProviderServer } from '../../servers/identityProvider.js';

/** Of a path as it stands, also one that is no address. */
const statusOf = (origin: string, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    get({ hostname, port, path }, (response) => resolve(response.resume().statusCode ?? 0)).once('error', reject);
  });

describe('a log-in by loopback, at a real provider', () => {
  let provider: IdentityProviderServer;
  before(async () => {
    provider = await startIdentityProvider();
    provider.account('u-1', { groups: [] });
  });
  after(() => provider.stop());

  const login = (
    show: (url: string) => Promise<unknown>,
    {
      patienceMs = 30_000,
      issuer = provider.issuer,
      ...more
    }: { patienceMs?: number; issuer?: string; port?: number } = {},
  ): Promise<string> =>
    loginByLoopback({
      issuer,
      ...more,
      clientId: CLIENT,
      scopes: ['openid'],
      maxAge: 900,
      nonce: 'n'.repeat(43),
      patienceMs,
      show: async (url) => void (await show(url)),
    });
  const failureOf = async (asked: Promise<string>): Promise<string> => {
    const error = await asked.catch((refused: unknown) => refused);
    assert.ok(error instanceof SlipwayError, String(error));
    return `${error.code}: ${error.message}`;
  };

  it('asks with PKCE, state and nonce, and listens on 127.0.0.1 alone', async () => {
    let asked = new URL('http://x');
    const token = await login(async (url) => {
      asked = new URL(url);
      await fetch(await provider.browse(url, 'u-1'));
    });
    const query = Object.fromEntries(asked.searchParams);
    assert.equal(query['code_challenge_method'], 'S256');
    assert.match(String(query['code_challenge']), /^[\w-]{43}$/);
    assert.match(String(query['redirect_uri']), /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    assert.ok(String(query['state']).length >= 22);
    assert.equal(decodeJwt(token)['nonce'], 'n'.repeat(43));
    await assert.rejects(fetch(String(query['redirect_uri'])), 'the port is closed again');
  });

  it('is not disturbed by a page that asks the port without our state', async () => {
    const statuses: number[] = [];
    const token = await login(async (url) => {
      const redirect = String(new URL(url).searchParams.get('redirect_uri'));
      for (const query of ['', '?code=stolen', '?code=stolen&state=wrong', '?error=access_denied&state=wrong'])
        statuses.push((await fetch(`${redirect}${query}`)).status);
      statuses.push(await statusOf(redirect, '//'));
      await fetch(await provider.browse(url, 'u-1'));
    });
    assert.deepEqual(statuses, [404, 404, 404, 404, 404]);
    assert.equal(decodeJwt(token).sub, 'u-1');
  });

  it('fails where a code comes a second time, or is that of another log-in', async () => {
    let used = '';
    await login(async (url) => {
      const back = await provider.browse(url, 'u-1');
      used = String(back.searchParams.get('code'));
      await fetch(back);
    });
    const withCode = (codeFor: (url: string) => Promise<string>) =>
      failureOf(
        login(async (url) => {
          const back = await provider.browse(url, 'u-1');
          back.searchParams.set('code', await codeFor(url));
          await fetch(back);
        }),
      );
    assert.match(await withCode(async () => used), /^login_failed: .*invalid_grant/);
    // Somebody else's, which was never used: our verifier does not fit it.
    const another = async (url: string): Promise<string> => {
      const theirs = new URL(url);
      theirs.searchParams.set('code_challenge', 'x'.repeat(43));
      return String((await provider.browse(theirs.href, 'u-1')).searchParams.get('code'));
    };
    assert.match(await withCode(another), /^login_failed: .*invalid_grant/);
  });

  it('fails where the ID token was made for another nonce', async () => {
    const failure = await failureOf(
      login(async (url) => {
        const theirs = new URL(url);
        theirs.searchParams.set('nonce', 'x'.repeat(43));
        await fetch(await provider.browse(theirs.href, 'u-1'));
      }),
    );
    assert.match(failure, /^login_failed: /);
  });

  it('says what the provider says', async () => {
    const failure = await failureOf(
      login(async (url) => {
        const { searchParams } = new URL(url);
        const back = new URL(String(searchParams.get('redirect_uri')));
        const said = { error: 'access_denied', error_description: 'not\u001b[31m today', iss: provider.issuer };
        for (const [name, value] of Object.entries({ ...said, state: String(searchParams.get('state')) }))
          back.searchParams.set(name, value);
        await fetch(back);
      }),
    );
    assert.match(failure, /^login_denied: .*access_denied: not\[31m today$/);
  });

  it('is denied where the provider itself lets this person not in', async () => {
    provider.account('u-9', { denied: 'not for contractors' });
    const failure = await failureOf(login(async (url) => fetch(await provider.browse(url, 'u-9'))));
    assert.match(failure, /^login_denied: .*access_denied: not for contractors$/);
  });

  it('ends when nobody comes, and says how many came for another log-in', async () => {
    const nobody = async () => undefined;
    const late = 'login_timed_out: nobody logged in within the time for it';
    assert.equal(await failureOf(login(nobody, { patienceMs: 1 })), late);
    const stranger = async (url: string) => {
      const back = await provider.browse(url, 'u-1');
      back.searchParams.set('state', 'of-another-log-in');
      assert.equal((await fetch(back)).status, 404);
    };
    const failure = await failureOf(login(stranger, { patienceMs: 1 }));
    assert.equal(failure, `${late}; 1 answers came, and were of another log-in`);
  });

  it('answers to the port that was named, and says so where that is taken', async () => {
    const [port = 0] = await freePorts(1);
    let redirect = '';
    await login(
      async (url) => {
        redirect = String(new URL(url).searchParams.get('redirect_uri'));
        const taken = await failureOf(login(async () => undefined, { port }));
        assert.equal(taken, `login_port_taken: port ${port} of 127.0.0.1: EADDRINUSE`);
        await fetch(await provider.browse(url, 'u-1'));
      },
      { port },
    );
    assert.equal(redirect, `http://127.0.0.1:${port}/callback`);
  });

  it('is not begun where the provider calls itself something else, or is gone', async () => {
    const elsewhere = provider.issuer.replace('127.0.0.1', 'localhost');
    const begun = async (): Promise<never> => assert.fail('somebody was asked to log in');
    const other = await failureOf(login(begun, { issuer: elsewhere }));
    assert.equal(other, `issuer_mismatch: what answers at ${elsewhere} has another issuer`);
    const [port = 0] = await freePorts(1);
    const gone = await failureOf(login(begun, { issuer: `http://127.0.0.1:${port}` }));
    assert.equal(gone, `identity_provider_unreachable: http://127.0.0.1:${port} does not say where to log in`);
  });
});
