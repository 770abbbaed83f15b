import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Access, RouteShape } from '../../src/contract/http/route.js';
import { ROUTES } from '../../src/contract/http/routes.js';
import { COMMIT, openScene, TOKENS, type Person } from './scene.js';

const PEOPLE: readonly Person[] = ['author', 'reviewer', 'oncall', 'operator', 'guest'];

/** Who may do what: written down a second time, so that a changed route table is noticed here. */
const CHANGES: Readonly<Record<string, readonly Person[]>> = {
  startRelease: ['author', 'operator'],
  decide: PEOPLE,
  decisionToken: PEOPLE,
  // Changes nothing: a working copy is too large for an address.
  planRelease: PEOPLE,
  cancelRelease: ['author', 'operator'],
  resumeRelease: ['author', 'operator'],
  rollback: ['oncall', 'operator'],
  labels: ['oncall', 'operator'],
  driftCheck: ['oncall', 'operator'],
  acknowledge: ['oncall', 'operator'],
  recover: ['oncall', 'operator'],
};
const PUBLIC = ['health', 'ready', 'metrics', 'openapi', 'welcome'];

const pathOf = ({ url }: RouteShape): string =>
  url
    .replace('{model}', 'flights')
    .replace('{release}', COMMIT)
    .replace('{environment}', 'production')
    .replace('{report}', 'latest')
    .replace('{problem}', 'drift.hour');

describe('every route', () => {
  const scene = openScene();
  for (const [name, route] of Object.entries(ROUTES) as [string, RouteShape][]) {
    const ask = (token?: string) =>
      scene.app.inject({
        method: route.method,
        url: pathOf(route),
        ...(route.method === 'POST' ? { payload: {} } : {}),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });

    it(`${name} is open to whom the table says`, async () => {
      const expected = PUBLIC.includes(name) ? PEOPLE : (CHANGES[name] ?? (route.method === 'GET' ? PEOPLE : []));
      for (const person of PEOPLE) {
        const { statusCode, body } = await ask(TOKENS[person]);
        const refused = statusCode === 403 && (JSON.parse(body) as { code: string }).code === 'forbidden';
        assert.equal(refused, !expected.includes(person), `${person}: ${statusCode} ${body}`);
        assert.notEqual(statusCode, 401, person);
      }
    });

    it(`${name} ${PUBLIC.includes(name) ? 'needs no token' : 'needs a token'}`, async () => {
      for (const token of [undefined, 'slipway_wrong_wrong_wrong_wrong', '', `${TOKENS['author']}x`]) {
        assert.equal((await ask(token)).statusCode === 401, !PUBLIC.includes(name), String(token));
      }
    });
  }

  it('that changes something says who may', () => {
    const posts = Object.entries(ROUTES).filter(([, { method }]) => method === 'POST');
    assert.deepEqual(posts.map(([name]) => name).sort(), Object.keys(CHANGES).sort());
    assert.ok(posts.every(([, { access }]) => (access as Access) !== 'public'));
  });
});

describe('a token', () => {
  it('stops counting when its identity is gone, and has the roles of now', async () => {
    const scene = openScene();
    const start = () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' });
    assert.equal((await start()).statusCode, 202);
    scene.people[0] = { name: 'author', roles: [], gitEmails: [] };
    assert.equal((await start()).statusCode, 403);
    scene.people.shift();
    assert.equal((await start()).statusCode, 401);
  });

  it("is nobody's who reached the API under a name that is not its own", async () => {
    const scene = openScene();
    const ask = (host: string) => scene.ask('author', 'GET', '/api/v1/models', undefined, { host });
    for (const host of ['slipway.example.org', 'localhost:7600', '127.0.0.1:7600', '[::1]'])
      assert.equal((await ask(host)).statusCode, 200, host);
    const refused = await ask('evil.example');
    assert.deepEqual([refused.statusCode, (refused.json() as { code: string }).code], [421, 'host_unknown']);
    assert.match(String(refused.headers['content-security-policy']), /default-src 'none'/);
  });

  it('is asked for before a body is read', async () => {
    const scene = openScene();
    const { statusCode } = await scene.ask(undefined, 'POST', '/api/v1/releases', 'x'.repeat(200_000), {
      'content-type': 'application/json',
    });
    assert.equal(statusCode, 401);
  });
});
