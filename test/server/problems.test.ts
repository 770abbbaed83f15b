import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { RouteShape } from '../../src/contract/http/route.js';
import { ROUTES } from '../../src/contract/http/routes.js';
import { ERRORS } from '../../src/domain/errors/table.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { SECURE_HEADERS } from '../../src/server/headers.js';
import { LOG_REDACTION } from '../../src/server/log.js';
import { eventually } from '../fixtures/eventually.js';
import { openScene, TOKENS } from './scene.js';

interface Problem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly problems?: readonly { readonly in: string; readonly path: string; readonly nearest?: string }[];
}

describe('an error', () => {
  const scene = openScene();
  const URL_LABELS = '/api/v1/models/flights/environments/production/labels';
  const JSON_TYPE = { 'content-type': 'application/json' };
  const cases: readonly (readonly [
    why: string,
    ask: () => ReturnType<typeof scene.ask>,
    status: number,
    code: string,
  ])[] = [
    ['an unknown route', () => scene.ask('author', 'GET', '/api/v1/nothing'), 404, 'route_unknown'],
    ['another method', () => scene.ask('author', 'POST', '/api/v1/whoami', {}), 405, 'method_not_allowed'],
    ['no token', () => scene.ask(undefined, 'GET', '/api/v1/whoami'), 401, 'unauthenticated'],
    [
      'a role that may not',
      () => scene.ask('guest', 'POST', '/api/v1/releases', { model: 'flights' }),
      403,
      'forbidden',
    ],
    [
      'a body that is no JSON',
      () => scene.ask('author', 'POST', '/api/v1/releases', '{"model":', JSON_TYPE),
      400,
      'request_invalid',
    ],
    [
      'a body of another type',
      () => scene.ask('author', 'POST', '/api/v1/releases', '<a/>', { 'content-type': 'text/xml' }),
      415,
      'media_type_unsupported',
    ],
    [
      'a body that is too large',
      () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'x'.repeat(70_000) }),
      413,
      'body_too_large',
    ],
    [
      'a body that is nested too deeply',
      () => scene.ask('author', 'POST', '/api/v1/releases', `{"model":${'['.repeat(17)}${']'.repeat(17)}}`, JSON_TYPE),
      400,
      'request_invalid',
    ],
    [
      'brackets without end',
      () => scene.ask('author', 'POST', '/api/v1/releases', '['.repeat(60_000), JSON_TYPE),
      400,
      'request_invalid',
    ],
    [
      'a key that reaches the prototype',
      () => scene.ask('author', 'POST', '/api/v1/releases', '{"model":"flights","__proto__":{"a":1}}', JSON_TYPE),
      400,
      'request_invalid',
    ],
    [
      'an unknown key',
      () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights', comit: 'x' }),
      400,
      'request_invalid',
    ],
    [
      'a list where a mapping belongs',
      () => scene.ask('author', 'POST', '/api/v1/releases', []),
      400,
      'request_invalid',
    ],
    [
      'nothing where a mapping belongs',
      () => scene.ask('author', 'POST', '/api/v1/releases', '', JSON_TYPE),
      400,
      'request_invalid',
    ],
    [
      'a name with a slash',
      () => scene.ask('author', 'GET', '/api/v1/models/..%2f..%2fx/environments/production'),
      400,
      'request_invalid',
    ],
    [
      'a path that cannot be decoded',
      () => scene.ask('author', 'GET', '/api/v1/models/%zz/environments/production'),
      400,
      'request_invalid',
    ],
    [
      'a limit of a million',
      () => scene.ask('author', 'GET', '/api/v1/releases?limit=1000000'),
      400,
      'request_invalid',
    ],
    ['a limit twice', () => scene.ask('author', 'GET', '/api/v1/releases?limit=1&limit=2'), 400, 'request_invalid'],
    [
      'an idempotency key with a line break',
      () => scene.ask('oncall', 'POST', URL_LABELS, { labels: [] }, { 'idempotency-key': 'a b' }),
      400,
      'request_invalid',
    ],
    [
      'an unknown model',
      () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'other' }),
      404,
      'unknown_model',
    ],
    [
      'an unknown environment',
      () => scene.ask('author', 'GET', '/api/v1/models/flights/environments/moon'),
      404,
      'unknown_environment',
    ],
    [
      'an unknown commit',
      () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights', commit: 'f'.repeat(40) }),
      404,
      'unknown_commit',
    ],
    [
      'a commit that is no hash',
      () => scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights', commit: 'main' }),
      400,
      'request_invalid',
    ],
    [
      'an unknown release',
      () => scene.ask('author', 'GET', `/api/v1/releases/flights/${'c'.repeat(40)}`),
      404,
      'not_found',
    ],
  ];
  for (const [why, ask, status, code] of cases) {
    it(`of ${why} is ${status} ${code}, as problem details`, async () => {
      const answer = await ask();
      assert.equal(answer.statusCode, status, answer.body);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      const problem = answer.json<
        Problem & { title: string; action: string; instance: string; type: string; retryable: boolean }
      >();
      assert.deepEqual(
        [problem.code, problem.status, problem.title],
        [code, status, ERRORS[code as keyof typeof ERRORS].meaning],
      );
      assert.equal(problem.type, `urn:slipway:error:${code}`);
      assert.match(problem.instance, /^urn:uuid:[0-9a-f-]{36}$/);
      assert.ok(problem.detail.length > 0 && problem.action.length > 0);
    });
  }

  it('of depth is found before anything recursive is done', async () => {
    const deep = `{"model":${'['.repeat(17)}${']'.repeat(17)}}`;
    assert.match(
      (await scene.ask('author', 'POST', '/api/v1/releases', deep, JSON_TYPE)).json<Problem>().detail,
      /deeper than 16/,
    );
    const quoted = JSON.stringify({ model: 'flights', reason: '[['.repeat(20) + '\\"[' });
    assert.equal((await scene.ask('author', 'POST', '/api/v1/releases', quoted, JSON_TYPE)).statusCode, 202);
  });

  it('of a request names every mistake, and what was probably meant', async () => {
    const answer = await scene.ask('author', 'POST', '/api/v1/releases', {
      modle: 'flights',
      commit: 7,
      params: { 'a b': 1 },
    });
    const { problems } = answer.json<Problem>();
    assert.deepEqual(
      problems?.map(({ in: part, path, nearest }) => [part, path, nearest]),
      [
        ['body', 'model', undefined],
        ['body', 'commit', undefined],
        ['body', 'params.a b', undefined],
        ['body', 'modle', 'model'],
      ],
    );
  });

  it('that nobody expected tells the caller nothing but its number', async () => {
    const broken = openScene();
    broken.store.fail(new Error('password=hunter2 in /root/file'));
    const answer = await broken.ask('author', 'GET', `/api/v1/releases/flights/${'c'.repeat(40)}`);
    assert.equal(answer.statusCode, 500);
    assert.doesNotMatch(answer.body, /hunter2|root/);
    assert.equal(answer.json<Problem>().code, 'internal');
  });

  it('of a part that does not answer keeps its code, and says when to try again', async () => {
    const broken = openScene();
    broken.workflows.fail(new SlipwayError('temporal_unreachable', 'Temporal does not answer'));
    const answer = await broken.ask('author', 'POST', '/api/v1/releases', { model: 'flights' });
    assert.deepEqual(
      [answer.statusCode, answer.json<Problem>().code, answer.headers['retry-after']],
      [503, 'temporal_unreachable', '2'],
    );
  });
});

describe('every answer', () => {
  const scene = openScene();
  for (const url of ['/health', '/api/v1/whoami', '/api/v1/nothing', '/metrics', '/%zz']) {
    it(`of ${url} has secure headers`, async () => {
      const { headers } = await scene.ask('author', 'GET', url);
      assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['x-powered-by'], undefined);
    });
  }

  it('of every route has them, whoever asks', async () => {
    for (const { method, url, stream } of Object.values<RouteShape>(ROUTES))
      for (const person of ['author', undefined] as const) {
        const path = url.replace('{model}', 'flights').replaceAll(/\{\w+\}/g, 'x');
        const asked = stream === true ? 'HEAD' : method;
        const { headers } = await scene.ask(person, asked, path, method === 'POST' ? {} : undefined);
        for (const name of Object.keys(SECURE_HEADERS)) assert.ok(headers[name] !== undefined, `${url}: ${name}`);
      }
  });

  it('of a state has an ETag, and is not sent again', async () => {
    const first = await scene.ask('author', 'GET', '/api/v1/models');
    const again = await scene.ask('author', 'GET', '/api/v1/models', undefined, {
      'if-none-match': String(first.headers['etag']),
    });
    assert.deepEqual([again.statusCode, again.body], [304, '']);
    const other = await scene.ask('author', 'GET', '/api/v1/models', undefined, { 'if-none-match': '"other"' });
    assert.equal(other.statusCode, 200);
  });
});

describe('the log', () => {
  it('has every request, and no token', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace', redact: LOG_REDACTION }, { write: (line: string) => void lines.push(line) });
    const scene = openScene({ logger });
    await scene.ask('author', 'GET', '/api/v1/whoami');
    await scene.ask('author', 'POST', '/api/v1/releases', { model: 'flights' });
    scene.store.fail(new Error('broken'));
    await scene.ask('author', 'GET', `/api/v1/releases/flights/${'c'.repeat(40)}`);
    logger.info(
      {
        headers: { authorization: `Bearer ${TOKENS['author']}` },
        req: { headers: { authorization: TOKENS['author'] } },
        token: TOKENS['author'],
      },
      'planted',
    );
    const all = lines.join('');
    assert.match(all, /\/api\/v1\/whoami/);
    assert.match(all, /broken/, 'what the caller is not told is here');
    assert.ok(!all.includes(TOKENS['author']!.slice(0, 20)), 'a token stands in the log');
  });
});

describe('the server on a socket', () => {
  const listening = async (scene: ReturnType<typeof openScene>): Promise<number> => {
    await scene.app.listen({ port: 0, host: '127.0.0.1' });
    return (scene.app.server.address() as AddressInfo).port;
  };

  it('answers rubbish with an error and lives on', async () => {
    const scene = openScene();
    const port = await listening(scene);
    const socket = connect(port, '127.0.0.1');
    socket.write('NOT HTTP\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
    socket.destroy();
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
    await scene.app.close();
  });

  it(
    'closes after the request under way has its answer, and waits for no idle connection',
    { timeout: 20_000 },
    async () => {
      const scene = openScene();
      const port = await listening(scene);
      let store: () => void = () => undefined;
      let asked: () => void = () => undefined;
      const arrived = new Promise<void>((resolve) => (asked = resolve));
      Object.assign(scene.ports.labels, {
        appendLabels: () => new Promise<void>((resolve) => ((store = resolve), asked())),
      });
      const idle = connect(port, '127.0.0.1');
      await once(idle, 'connect');
      const agent = new Agent({ keepAlive: true });
      const sent = request({
        agent,
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/api/v1/models/flights/environments/production/labels',
        headers: { authorization: `Bearer ${TOKENS['oncall']}`, 'content-type': 'application/json' },
      });
      sent.end(JSON.stringify({ labels: [{ predictionId: 'r#0', label: 1, observedAt: 1 }] }));
      await arrived;
      const closed = scene.app.close();
      await eventually(() => assert.equal(scene.app.server.listening, false));
      store();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      assert.equal(response.statusCode, 202);
      response.resume();
      await closed;
      agent.destroy();
    },
  );
});
