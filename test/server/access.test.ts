import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Access, RouteShape } from '../../src/contract/http/route.js';
import { ROUTES } from '../../src/contract/http/routes.js';
import { issueToken } from '../../src/server/tokens.js';
import {
  COMMIT,
  digestOf,
  NOW,
  openScene,
  readClaims,
  startRelease,
  TOKENS,
  tokensFile,
  type Person,
} from './scene.js';

const PEOPLE: readonly Person[] = ['author', 'reviewer', 'oncall', 'operator', 'guest'];

/** Who may do what: written down a second time, so that a changed route table is noticed here. */
const CHANGES: Readonly<Record<string, readonly Person[]>> = {
  startRelease: ['author', 'operator'],
  // Who may is the operator's choice: the handler looks.
  startHotfix: PEOPLE,
  decide: PEOPLE,
  decisionToken: PEOPLE,
  addComment: PEOPLE,
  // Changes nothing: a working copy is too large for an address.
  planRelease: PEOPLE,
  cancelRelease: ['author', 'operator'],
  resumeRelease: ['author', 'operator'],
  confirmRelease: PEOPLE,
  revertRelease: PEOPLE,
  rollback: ['oncall', 'operator'],
  retire: ['operator'],
  pauseRollout: ['oncall', 'operator'],
  resumeRollout: ['oncall', 'operator'],
  promoteRollout: PEOPLE,
  abortRollout: ['oncall', 'operator'],
  placeHold: ['oncall', 'operator'],
  liftHold: ['oncall', 'operator'],
  overrideFreeze: PEOPLE,
  labels: ['oncall', 'operator'],
  driftCheck: ['oncall', 'operator'],
  acknowledge: ['oncall', 'operator'],
  resolveIncident: ['oncall', 'operator'],
  recover: ['oncall', 'operator'],
  endSession: PEOPLE,
};
/** Whoever comes to log in has nothing yet; the ID token is what they show. */
const TO_LOG_IN = ['loginSettings', 'openSession'];
const PUBLIC = ['health', 'ready', 'metrics', 'openapi', 'welcome', 'slackInteraction', ...TO_LOG_IN];

interface Problem {
  readonly code: string;
}

const pathOf = ({ url }: RouteShape): string =>
  url
    .replace('{model}', 'flights')
    .replace('{release}', COMMIT)
    .replace('{environment}', 'production')
    .replace('{hold}', 'hold-000000000000')
    .replace('{report}', 'latest')
    .replace('{problem}', 'drift.hour');

/** `docs/routes.md`, by name of a route: who may, in the order of PEOPLE, and whether nobody may, too. */
const PAGE = new Map(
  readFileSync(new URL('../../../docs/routes.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('`'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name, ...cells]) => [name, cells.map((cell) => cell === 'yes')]),
);

describe('every route', () => {
  const scene = openScene();
  for (const [name, route] of Object.entries(ROUTES) as [string, RouteShape][]) {
    const ask = (token?: string) =>
      scene.app.inject({
        // What goes on for ever has its headers asked for.
        method: route.stream === true ? 'HEAD' : route.method,
        url: pathOf(route),
        ...(route.method === 'POST' ? { payload: {} } : {}),
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      });

    it(`${name} is open to whom the table says`, async () => {
      const expected = PUBLIC.includes(name) ? PEOPLE : (CHANGES[name] ?? (route.method === 'GET' ? PEOPLE : []));
      for (const person of PEOPLE) {
        const { statusCode, body } = await ask(TOKENS[person]);
        const refused = statusCode === 403 && (JSON.parse(body) as Problem).code === 'forbidden';
        assert.equal(refused, !expected.includes(person), `${person}: ${statusCode} ${body}`);
        assert.notEqual(statusCode, 401, person);
      }
    });

    it(`${name} is open to whom docs/routes.md says`, async () => {
      const open: boolean[] = [];
      for (const token of [...PEOPLE.map((person) => TOKENS[person]), undefined]) {
        const { statusCode, body } = await ask(token);
        open.push(statusCode !== 401 && !(statusCode === 403 && (JSON.parse(body) as Problem).code === 'forbidden'));
      }
      assert.deepEqual(open, PAGE.get(name));
    });

    it(`${name} ${PUBLIC.includes(name) ? 'needs no token' : 'needs a token'}`, async () => {
      for (const token of [undefined, 'slipway_wrong_wrong_wrong_wrong', '', `${TOKENS['author']}x`]) {
        assert.equal((await ask(token)).statusCode === 401, !PUBLIC.includes(name), String(token));
      }
    });
  }

  it('that changes something says who may', () => {
    const posts = Object.entries(ROUTES).filter(([, { method }]) => method === 'POST');
    assert.deepEqual(
      posts.map(([name]) => name).sort(),
      [...Object.keys(CHANGES), 'openSession', 'slackInteraction'].sort(),
    );
    const open = posts.filter(([, { access }]) => (access as Access) === 'public').map(([name]) => name);
    // Who asks has an ID token with its secret, or the signature of Slack.
    assert.deepEqual(open, ['openSession', 'slackInteraction']);
  });
});

/** Routes that a role opens, by what they are about: one environment of a model, all of a model, or the installation. */
const ABOUT: Readonly<Record<'environment' | 'model' | 'installation', readonly string[]>> = {
  environment: [
    ...['rollback', 'labels', 'driftCheck', 'acknowledge', 'resolveIncident', 'placeHold'],
    ...['pauseRollout', 'resumeRollout', 'abortRollout', 'retire'],
  ],
  model: ['startRelease', 'cancelRelease', 'resumeRelease'],
  installation: ['recover'],
};
/** What such a route names in its body, where its path does not. */
const BODIES: Readonly<Record<string, object>> = {
  placeHold: { kind: 'hold', model: 'flights', environment: 'production', reason: 'x' },
  startRelease: { model: 'flights' },
  rollback: { reason: 'worse' },
  retire: { reason: 'over', plan: digestOf('1') },
  pauseRollout: { reason: 'odd' },
  resumeRollout: { reason: 'sound' },
  abortRollout: { reason: 'worse' },
  resolveIncident: { reason: 'over' },
  labels: { labels: [{ predictionId: 'request#0', label: 1, observedAt: 1 }] },
  recover: { plan: digestOf('1') },
};
const GRANTS = {
  everywhere: {},
  'for the model': { models: ['flights'] },
  'in the environment': { environments: ['production'] },
  'for the model in the environment': { models: ['flights'], environments: ['production'] },
  'for another model': { models: ['fares'] },
  'in another environment': { environments: ['test'] },
  'for the model in another environment': { models: ['flights'], environments: ['test'] },
  'for another model in the environment': { models: ['fares'], environments: ['production'] },
} as const;
const ENOUGH: Readonly<Record<keyof typeof ABOUT, readonly (keyof typeof GRANTS)[]>> = {
  environment: ['everywhere', 'for the model', 'in the environment', 'for the model in the environment'],
  model: ['everywhere', 'for the model'],
  installation: ['everywhere'],
};

describe('a role that is granted', () => {
  for (const [about, names] of Object.entries(ABOUT) as [keyof typeof ABOUT, readonly string[]][])
    for (const name of names)
      for (const [where, places] of Object.entries(GRANTS) as [keyof typeof GRANTS, object][]) {
        const opens = ENOUGH[about].includes(where);
        it(`${where} ${opens ? 'opens' : 'does not open'} ${name}`, async () => {
          const route = (ROUTES as Readonly<Record<string, RouteShape>>)[name]!;
          for (const role of route.access as readonly string[]) {
            const scene = openScene();
            scene.people[4] = { name: 'guest', roles: [], grants: [{ role, ...places }], gitEmails: [] };
            const answer = await scene.ask('guest', 'POST', pathOf(route), BODIES[name] ?? {});
            const refused = answer.statusCode === 403 && answer.json<Problem>().code === 'forbidden';
            assert.equal(refused, !opens, `${role}: ${answer.statusCode} ${answer.body}`);
            assert.notEqual(answer.json<Problem>().code, 'request_invalid', answer.body);
          }
        });
      }

  it('is looked at for every route that a role opens', () => {
    // What a hold is about is known when it was found: looked at below.
    const asked = Object.entries<RouteShape>(ROUTES).flatMap(([name, { access }]) =>
      Array.isArray(access) ? [name] : [],
    );
    assert.deepEqual([...Object.values(ABOUT).flat(), 'liftHold'].sort(), asked.sort());
  });

  it('lifts the holds of its place alone', async () => {
    for (const [where, places] of Object.entries(GRANTS) as [keyof typeof GRANTS, object][]) {
      const scene = openScene();
      const placed = await scene.ask('oncall', 'POST', '/api/v1/holds', BODIES['placeHold']);
      const { id } = placed.json<{ hold: { id: string } }>().hold;
      scene.people[4] = { name: 'guest', roles: [], grants: [{ role: 'oncall', ...places }], gitEmails: [] };
      const { statusCode } = await scene.ask('guest', 'POST', `/api/v1/holds/${id}/lift`, { reason: 'x' });
      assert.equal(statusCode, ENOUGH.environment.includes(where) ? 200 : 403, where);
    }
  });

  it('is what a decision is signed with in its place, and nowhere else', async () => {
    for (const [where, places] of Object.entries(GRANTS) as [keyof typeof GRANTS, object][]) {
      const scene = openScene();
      const url = await startRelease(scene, COMMIT, 'production');
      scene.people[4] = { name: 'guest', roles: [], grants: [{ role: 'reviewer', ...places }], gitEmails: [] };
      const token = await scene.ask('guest', 'POST', `${url}/decisions/token`, { decision: 'approve' });
      const { roles } = readClaims(token.json<{ statement: string }>().statement);
      const may = ENOUGH.environment.includes(where);
      assert.deepEqual(roles, may ? ['reviewer'] : [], where);
      const listed = await scene.ask('guest', 'GET', '/api/v1/approvals');
      assert.equal(listed.json<{ approvals: { mine: boolean }[] }>().approvals[0]?.mine, may, where);
    }
  });
});

describe('a GET', () => {
  it('changes nothing: no workflow hears of it, and nothing is written', async () => {
    const scene = openScene();
    await startRelease(scene, COMMIT, 'production');
    await scene.ports.guard.check();
    const { workflows, store, releases, decided, rollbacks } = scene;
    const { started, triggered, cancelled } = workflows;
    const all = () =>
      JSON.stringify([started, triggered, cancelled, decided, rollbacks, [...releases], [...store.objects]]);
    const before = all();
    for (const route of Object.values<RouteShape>(ROUTES).filter(({ method }) => method === 'GET'))
      for (const person of PEOPLE) {
        const url = `${pathOf(route)}?decision=approve&method=POST`;
        for (const path of [url, pathOf(route)]) {
          const { statusCode } = await scene.app.inject({
            method: route.stream === true ? 'HEAD' : 'GET',
            url: path,
            headers: { authorization: `Bearer ${TOKENS[person]}`, 'x-http-method-override': 'POST' },
          });
          assert.ok(statusCode < 500 || statusCode === 503, `${path}: ${statusCode}`);
        }
      }
    assert.equal(all(), before);
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

  it('has a role only for the models, and in the environments, that it is for', async () => {
    const scene = openScene();
    const roll = async (environment: string) => {
      const url = `/api/v1/models/flights/environments/${environment}/rollback`;
      const { statusCode, body } = await scene.ask('author', 'POST', url, { reason: 'worse' });
      return [statusCode, (JSON.parse(body) as { code: string }).code];
    };
    const start = async () => (await scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' })).statusCode;
    const grants = [
      { role: 'oncall', models: ['flights'], environments: ['production'] },
      { role: 'author', models: ['flights'] },
    ];
    scene.people[0] = { name: 'author', roles: [], grants, gitEmails: [] };
    assert.deepEqual(await roll('test'), [403, 'forbidden']);
    assert.deepEqual(await roll('production'), [409, 'nothing_to_roll_back']);
    assert.equal(await start(), 202);
    scene.people[0] = { name: 'author', roles: [], grants: [{ role: 'author', models: ['fares'] }], gitEmails: [] };
    assert.equal(await start(), 403);
    scene.people[0] = {
      name: 'author',
      roles: [],
      grants: [{ role: 'author', environments: ['test'] }],
      gitEmails: [],
    };
    assert.equal(await start(), 403, 'a release passes every environment');
  });

  it('opens nothing once its identity is revoked', async () => {
    const scene = openScene();
    const revoked = { reason: 'left the team', since: 0 };
    scene.people[0] = { name: 'author', roles: ['author'], gitEmails: [], revoked };
    const { statusCode, body } = await scene.ask('author', 'GET', '/api/v1/models');
    const { code, detail } = JSON.parse(body) as { code: string; detail: string };
    assert.deepEqual([statusCode, code, detail], [403, 'identity_revoked', 'author was revoked: left the team']);
  });

  it('opens nothing from the moment on at which it expires', async () => {
    const token = await issueToken(tokensFile, 'author', NOW);
    const ask = async (now: number) => {
      const { app } = openScene({ now: () => now });
      const answer = await app.inject({ url: '/api/v1/whoami', headers: { authorization: `Bearer ${token}` } });
      return { ...answer.json<{ code?: string; expiresAt?: number }>(), challenge: answer.headers['www-authenticate'] };
    };
    assert.equal((await ask(NOW - 1)).expiresAt, NOW);
    const { code, challenge } = await ask(NOW);
    assert.deepEqual([code, challenge], ['token_expired', 'Bearer realm="slipway", error="invalid_token"']);
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
