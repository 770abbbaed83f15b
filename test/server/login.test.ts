import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loginByLoopback } from '../../src/adapters/oidc/loopbackLogin.js';
import { boundSecret } from '../../src/domain/identity/boundSecret.js';
import { standingOf } from '../../src/domain/identity/mayDecide.js';
import { ferrySpec } from '../fixtures/product.js';
import { CLIENT } from '../servers/identityProvider.js';
import { HOUR, MINUTE, openLoginScene, ORIGIN } from './loginScene.js';
import { COMMIT, openScene, startRelease, TOKENS } from './scene.js';

type Answer = Readonly<Record<string, unknown>> & { readonly status: number };

describe('people who log in at a real provider', () => {
  let scene: Awaited<ReturnType<typeof openLoginScene>>;
  beforeEach(async () => {
    scene = await openLoginScene();
    scene.provider.account('u-1', { email: 'one@example.org', email_verified: true, groups: ['reviewers', 'chess'] });
  });
  afterEach(() => scene.close());

  const ask = async (method: 'GET' | 'POST', url: string, token?: string, payload?: object): Promise<Answer> => {
    const answer = await scene.app.inject({
      method,
      url,
      ...(payload === undefined ? {} : { payload }),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    return { ...answer.json<object>(), status: answer.statusCode };
  };
  const prove = async (subject = 'u-1', origin = ORIGIN) => {
    const secret = randomBytes(32).toString('base64url');
    const idToken = await loginByLoopback({
      issuer: scene.provider.issuer,
      clientId: CLIENT,
      scopes: ['openid', 'email'],
      maxAge: 900,
      nonce: createHash('sha256').update(boundSecret(origin, secret)).digest('base64url'),
      patienceMs: 30_000,
      show: async (url) => void (await fetch(await scene.provider.browse(url, subject))),
    });
    return { idToken, secret };
  };
  const open = async (subject?: string): Promise<Answer> =>
    ask('POST', '/api/v1/sessions', undefined, await prove(subject));
  const login = async (subject?: string): Promise<string> => {
    const { token } = await open(subject);
    return String(token);
  };
  const whoami = (token: string) => ask('GET', '/api/v1/whoami', token);
  const approve = (token: string) =>
    ask('POST', `/api/v1/releases/flights/${COMMIT}/decisions`, token, { decision: 'approve' });
  /** What a worker says, which has the public key alone. */
  const standing = async (): Promise<string> => {
    const identity = (await scene.worker.identities()).find(({ subject }) => subject === 'u-1');
    if (identity === undefined) return 'nobody';
    const found = standingOf(identity, ['reviewer'], { model: 'flights', environment: 'production' });
    return found.ok ? 'ok' : found.code;
  };

  it('get a session, with the roles of their groups and what they are called', async () => {
    const { status, token, identity, label } = await open();
    assert.deepEqual([status, label], [200, 'one@example.org']);
    const called = await ask('GET', `/api/v1/identities?names=${String(identity)},nobody,reviewer`, String(token));
    assert.deepEqual(called['identities'], [
      { name: 'reviewer', kind: 'person', person: 'reviewer' },
      { name: identity, kind: 'person', person: identity, label: 'one@example.org' },
    ]);
    const me = await whoami(String(token));
    assert.equal(me['name'], identity);
    assert.deepEqual(
      [me['kind'], me['roles'], me['grants']],
      ['person', [], [{ role: 'reviewer', models: ['flights'] }]],
    );
    assert.equal(typeof me['expiresAt'], 'number');
    assert.equal(await standing(), 'ok');
    // Groups that mean nothing here are nobody's business here.
    const stored = (await scene.store.listDocuments('identities/')).map((key) => scene.store.getDocument(key));
    const bodies = (await Promise.all(stored)).map((bytes) => new TextDecoder().decode(bytes).split('.')[1] ?? '');
    assert.deepEqual(
      bodies.map((body) => (JSON.parse(Buffer.from(body, 'base64url').toString()) as { groups: unknown }).groups),
      [['reviewers']],
    );
  });

  it('decide while their log-in is young, and have to log in again after that', async () => {
    await startRelease(scene, COMMIT, 'production');
    const token = await login();
    scene.pass(16 * MINUTE);
    const { status, code } = await approve(token);
    assert.deepEqual([status, code], [401, 'authentication_stale']);
    assert.equal((await whoami(token)).status, 200, 'looking goes on');
    scene.pass(-16 * MINUTE);
    assert.equal((await approve(token))['counted'], true);
  });

  it('are the only ones who decide: a token that lies in a file is no log-in', async () => {
    await startRelease(scene, COMMIT, 'production');
    const { status, code } = await approve(TOKENS['reviewer']!);
    assert.deepEqual([status, code], [401, 'authentication_stale']);
  });

  it('declare a hotfix, with the rule that goes with it, by a young log-in alone', async () => {
    const hotfix = (token: string) =>
      ask('POST', '/api/v1/hotfixes', token, { model: 'flights', reason: 'prices are wrong' });
    const oncall = { group: 'chess', role: 'oncall', models: ['flights'] };
    scene.operator.rules = { ...scene.operator.rules!, groups: [oncall] };
    scene.ports.source.checkout = async (_: string, __: string, directory: string) => {
      const rule = 'production, approval: { roles: [reviewer] }, hotfix: { approval: { roles: [oncall] } }';
      await writeFile(join(directory, 'slipway.yaml'), ferrySpec({ 'production, approval: automatic': rule }));
    };
    const token = await login();
    scene.pass(16 * MINUTE);
    for (const old of [token, TOKENS['oncall']!]) {
      const { status, code } = await hotfix(old);
      assert.deepEqual([status, code], [401, 'authentication_stale']);
    }
    assert.equal(scene.releases.size, 0);
    scene.pass(-16 * MINUTE);
    assert.equal((await hotfix(token)).status, 202);
  });

  it('open a session once with an ID token, and not with the ID token alone', async () => {
    const proof = await prove();
    const stolen = { ...proof, secret: randomBytes(32).toString('base64url') };
    assert.equal((await ask('POST', '/api/v1/sessions', undefined, stolen))['code'], 'id_token_refused');
    assert.equal((await ask('POST', '/api/v1/sessions', undefined, proof)).status, 200);
    const again = await ask('POST', '/api/v1/sessions', undefined, proof);
    assert.deepEqual(
      [again['code'], again['detail']],
      ['id_token_refused', 'the ID token is refused: it was used before'],
    );
  });

  it('open no session with what they showed to an API of somebody else', async () => {
    for (const elsewhere of [
      'https://evil.example.org',
      'http://slipway.example.org',
      `${ORIGIN}:8443`,
      `${ORIGIN}.evil.example.org`,
      'http://127.0.0.1:7600',
    ]) {
      const shown = await prove('u-1', elsewhere);
      const { status, code } = await ask('POST', '/api/v1/sessions', undefined, shown);
      assert.deepEqual([status, code], [401, 'id_token_refused'], elsewhere);
    }
    assert.deepEqual(await scene.store.listDocuments('sessions/open/'), []);
    assert.equal((await open()).status, 200);
  });

  it('lose a role with the group: at the next log-in, for every session and every worker', async () => {
    const token = await login();
    scene.provider.account('u-1', { groups: ['chess'] });
    assert.equal((await open())['code'], 'forbidden');
    assert.equal((await whoami(token))['code'], 'forbidden');
    assert.equal(await standing(), 'forbidden');
  });

  it('lose a role when the operator takes it from the group', async () => {
    const token = await login();
    scene.operator.rules = { ...scene.operator.rules!, groups: [] };
    assert.equal((await whoami(token))['code'], 'forbidden');
    assert.equal(await standing(), 'forbidden');
  });

  it('lose it when what is known of their groups is too old, before their session ends', async () => {
    scene.operator.rules = { ...scene.operator.rules!, maxClaimsAge: HOUR };
    const token = await login();
    scene.pass(HOUR + MINUTE);
    assert.equal((await whoami(token))['code'], 'claims_stale');
    assert.equal(await standing(), 'claims_stale');
  });

  it('lose everything when they are revoked, and cannot come back', async () => {
    const token = await login();
    scene.operator.revoked = [{ subject: 'u-1', reason: 'left', since: 0 }];
    assert.equal((await whoami(token))['code'], 'identity_revoked');
    assert.equal((await open())['code'], 'identity_revoked');
    assert.equal(await standing(), 'identity_revoked');
  });

  it('have a session that ends, by itself and by their word', async () => {
    const [first, second] = [await login(), await login()];
    assert.equal((await ask('POST', '/api/v1/sessions/end', first, {}))['ended'], true);
    assert.equal((await whoami(first))['code'], 'unauthenticated');
    scene.pass(8 * HOUR - MINUTE);
    assert.equal((await whoami(second)).status, 200);
    scene.pass(MINUTE);
    assert.equal((await whoami(second))['code'], 'token_expired');
    // What is over is swept away when somebody comes.
    assert.equal(
      (await scene.store.listDocuments('sessions/')).length,
      3,
      'a session, and two ID tokens that were used',
    );
    const before = await scene.store.listDocuments('sessions/');
    await login();
    const after = await scene.store.listDocuments('sessions/');
    assert.deepEqual(
      after.filter((key) => before.includes(key)),
      [],
    );
    assert.equal(after.filter((key) => key.startsWith('sessions/open/')).length, 1);
  });

  it('keep no token in the store', async () => {
    const answer = await scene.app.inject({
      method: 'POST',
      url: '/api/v1/sessions',
      payload: await prove(),
      headers: { 'idempotency-key': 'once' },
    });
    const { token } = answer.json<{ token: string }>();
    for (const key of await scene.store.listDocuments('')) {
      const text = `${key}${new TextDecoder().decode(await scene.store.getDocument(key))}`;
      assert.ok(!text.includes(token.slice(-43)), key);
    }
  });

  it('cannot be made by who can write to the store', async () => {
    const token = await login();
    const [session = ''] = await scene.store.listDocuments('sessions/open/');
    const [claims = ''] = await scene.store.listDocuments('identities/');
    const stamped = await scene.store.getDocument(claims);
    const text = new TextDecoder().decode(stamped);
    const [header, body = '', signature] = text.split('.');
    const said = JSON.parse(Buffer.from(body, 'base64url').toString()) as { assertedAt: number };
    const forged = { ...said, groups: ['reviewers', 'staff'], assertedAt: said.assertedAt + 1000 };
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const key = claims.replace(/\/\d+-/, '/9999999999999-');
    for (const bad of [
      [header, part(forged), signature].join('.'),
      `${part({ alg: 'none', typ: 'slipway-claims+jws' })}.${part(forged)}.`,
      JSON.stringify(forged),
      new TextDecoder().decode(await scene.store.getDocument(session)),
    ]) {
      await scene.store.putDocument(key.replace('.jws', `${bad.length}.jws`), new TextEncoder().encode(bad));
    }
    assert.deepEqual((await whoami(token))['grants'], [{ role: 'reviewer', models: ['flights'] }]);
    // A session of one token under the digest of another, and claims in the place of a session.
    const mine = `slipway_session_${session.slice(14, 27)}_${'A'.repeat(43)}`;
    const place = `sessions/open/${session.slice(14, 27)}-${createHash('sha256').update(mine).digest('hex')}`;
    for (const bytes of [await scene.store.getDocument(session), stamped]) {
      await scene.store.putDocument(place, bytes!);
      assert.equal((await whoami(mine))['code'], 'unauthenticated');
    }
  });

  it('are one with the identity that the operator tied to them', async () => {
    scene.operator.identities = [
      { name: 'reviewer', roles: ['oncall'], gitEmails: ['one@example.org'], oidc: { subject: 'u-1' } },
    ];
    const me = await whoami(await login());
    assert.deepEqual(
      [me['name'], me['roles'], me['grants']],
      ['reviewer', ['oncall'], [{ role: 'reviewer', models: ['flights'] }]],
    );
  });

  it('are let in by no address of another', async () => {
    scene.operator.identities = [{ name: 'owner', roles: ['operator'], gitEmails: ['ONE@example.org'] }];
    assert.equal((await open())['code'], 'identity_conflict');
    assert.equal(await standing(), 'identity_conflict');
  });

  it('are let in by keys that the provider has made meanwhile', async () => {
    await login();
    await scene.provider.rotate();
    assert.equal((await open()).status, 200);
  });

  it('are told where nobody can log in', async () => {
    const answer = await openScene().app.inject({ url: '/api/v1/login' });
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [404, 'login_unavailable']);
  });
});
