import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { ROUTES } from '../../src/contract/http/routes.js';
import type { RouteShape } from '../../src/contract/http/route.js';
import { COMMIT, openScene, startRelease, TOKENS } from './scene.js';

const WHO = '/api/v1/whoami';
interface Problem {
  readonly code: string;
  readonly limit?: string;
  readonly allow?: readonly string[];
}

describe('the rate of requests', () => {
  it('is counted by address before a token is looked at, and says when there is room again', async () => {
    const scene = openScene({ perMinute: { address: 3 } });
    const answers = [];
    for (const token of ['author', 'reviewer', undefined, 'author'] as const)
      answers.push(await scene.ask(token, 'GET', WHO));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [200, 200, 401, 429],
    );
    const refused = answers[3]!;
    assert.deepEqual([refused.json<Problem>().code, refused.json<Problem>().limit], ['rate_limited', 'address']);
    assert.match(String(refused.headers['content-type']), /^application\/problem\+json/);
    const wait = Number(refused.headers['retry-after']);
    assert.ok(wait >= 1 && wait <= 60, String(wait));
    assert.deepEqual([refused.headers['ratelimit-limit'], refused.headers['ratelimit-remaining']], ['3', '0']);
    assert.ok(Number(refused.headers['ratelimit-reset']) <= 60);
  });

  it("is counted by identity, and is nobody else's", async () => {
    const scene = openScene({ perMinute: { identity: 2 } });
    const statuses = [];
    for (const person of ['author', 'author', 'author', 'reviewer'] as const)
      statuses.push((await scene.ask(person, 'GET', WHO)).statusCode);
    assert.deepEqual(statuses, [200, 200, 429, 200]);
  });

  it('is stricter for decisions', async () => {
    const scene = openScene({ perMinute: { decisions: 2 } });
    const url = `${await startRelease(scene, COMMIT, 'production')}/decisions/token`;
    const decide = () => scene.ask('reviewer', 'POST', url, { decision: 'approve' });
    const statuses = [await decide(), await decide(), await decide()].map(({ statusCode }) => statusCode);
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal((await scene.ask('reviewer', 'GET', WHO)).statusCode, 200, 'reading goes on');
  });

  it('is stricter for tokens that do not count, and leaves those that do', async () => {
    const scene = openScene({ perMinute: { failedTokens: 2 } });
    const guess = () => scene.app.inject({ url: WHO, headers: { authorization: `Bearer ${TOKENS['author']}x` } });
    const statuses = [await guess(), await guess(), await guess()].map(({ statusCode }) => statusCode);
    assert.deepEqual(statuses, [401, 401, 429]);
    assert.equal((await scene.ask('author', 'GET', WHO)).statusCode, 200);
  });

  it('of addresses behind a proxy is told apart only where the proxy is trusted', async () => {
    const from = async (trusted: boolean): Promise<readonly number[]> => {
      const scene = openScene({ perMinute: { address: 1 }, trustedProxies: trusted ? ['127.0.0.1'] : [] });
      const statuses = [];
      for (const address of ['203.0.113.1', '203.0.113.2'])
        statuses.push((await scene.ask('author', 'GET', WHO, undefined, { 'x-forwarded-for': address })).statusCode);
      return statuses;
    };
    assert.deepEqual(
      [await from(true), await from(false)],
      [
        [200, 200],
        [200, 429],
      ],
    );
  });
});

describe('a method that a path does not have', () => {
  const scene = openScene();
  it('is 405 with those that it has, as a problem', async () => {
    for (const [method, url, allow] of [
      ['DELETE', WHO, 'GET, HEAD, OPTIONS'],
      ['PUT', '/api/v1/releases', 'GET, HEAD, OPTIONS, POST'],
      ['GET', `/api/v1/releases/flights/${COMMIT}/cancel`, 'OPTIONS, POST'],
    ] as const) {
      const answer = await scene.app.inject({ method, url });
      assert.deepEqual(
        [answer.statusCode, answer.headers['allow'], answer.json<Problem>().code],
        [405, allow, 'method_not_allowed'],
      );
    }
  });

  it('is told to who asks for the options, of every route', async () => {
    for (const { method, url } of Object.values(ROUTES) as RouteShape[]) {
      const answer = await scene.app.inject({ method: 'OPTIONS', url: url.replaceAll(/\{\w+\}/g, 'x') });
      assert.equal(answer.statusCode, 204);
      assert.ok(String(answer.headers['allow']).split(', ').includes(method), url);
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    }
    assert.equal((await scene.app.inject({ method: 'OPTIONS', url: '/api/v1/nothing' })).statusCode, 404);
  });

  it('HEAD has the headers of GET, and no body', async () => {
    const get = await scene.ask('author', 'GET', '/api/v1/models');
    const head = await scene.app.inject({
      method: 'HEAD',
      url: '/api/v1/models',
      headers: { authorization: `Bearer ${TOKENS['author']}` },
    });
    assert.deepEqual([head.statusCode, head.body, head.headers['etag']], [200, '', get.headers['etag']]);
    assert.equal((await scene.app.inject({ method: 'HEAD', url: WHO })).statusCode, 401);
  });
});

describe('bytes that are no request', () => {
  for (const [what, sent, status, code] of [
    ['rubbish', 'NOT HTTP\r\n\r\n', 400, 'request_invalid'],
    ['headers without end', `GET / HTTP/1.1\r\nhost: localhost\r\na: ${'x'.repeat(40_000)}`, 431, 'headers_too_large'],
  ] as const) {
    it(`${what} get ${status} ${code}, as a problem with secure headers`, async () => {
      const { app } = openScene();
      await app.listen({ port: 0, host: '127.0.0.1' });
      const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
      let heard = '';
      socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
      socket.on('error', () => undefined);
      socket.write(sent);
      await once(socket, 'close');
      await app.close();
      const [head = '', body = ''] = heard.split('\r\n\r\n');
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(head, /content-type: application\/problem\+json/);
      assert.match(head, /x-content-type-options: nosniff/);
      assert.equal((JSON.parse(body) as Problem).code, code);
    });
  }
});
