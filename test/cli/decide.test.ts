import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { COMMIT, openCliScene, releaseOf, type Answer } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());
const RECEIPT: Answer = { json: { jti: 'x', counted: true, state: 'approved' } };
const waits = (...ids: readonly string[]): Answer => ({
  json: { approvals: ids.map((releaseId) => ({ releaseId, mine: true })) },
});
const ONE = `release/flights/${COMMIT}`;
const TWO = `release/flights/${'b'.repeat(40)}`;

test('without a terminal approve decides directly, once, however often the answer is lost', async () => {
  scene.answers(({ method }) => (method === 'GET' ? waits(ONE) : RECEIPT));
  const { exit, stdout } = await scene.run(['approve', '--as', 'reviewer']);
  assert.equal(exit, 0);
  assert.match(stdout, /the decision counts; the release is approved/);
  const { path, body, authorization, idempotencyKey } = scene.asked.at(-1)!;
  assert.equal(path, `/api/v1/releases/flights/${COMMIT}/decisions`);
  assert.deepEqual(body, { decision: 'approve', reason: '' });
  assert.equal(authorization, 'Bearer token-of-reviewer');
  assert.match(idempotencyKey ?? '', /^[0-9a-f-]{36}$/);
});

test('what a release still waits for is said with the decision, and in the list', async () => {
  const stands = 'risk asks for changes: say why (so it waits until they approve or withdraw)';
  scene.answers(({ method }) =>
    method === 'GET' ? waits(ONE) : { json: { jti: 'x', counted: true, state: 'waiting', stands } },
  );
  const { stdout } = await scene.run(['approve', '--as', 'reviewer']);
  assert.match(
    stdout,
    /the decision counts; the release is waiting: so far risk asks for changes: say why \(so it waits/,
  );
  scene.answers(() => ({ json: { approvals: [{ releaseId: ONE, mine: true, stands }] } }));
  assert.match((await scene.run(['approvals'])).stdout, /risk asks for changes: say why/);
});

test('a model names the one release of it that waits', async () => {
  scene.answers(({ method }) => (method === 'GET' ? waits(ONE, 'release/other/c') : RECEIPT));
  assert.equal((await scene.run(['approve', 'flights', '--env', 'production'])).exit, 0);
  assert.deepEqual(scene.asked.at(-1)?.body, { decision: 'approve', reason: '', environment: 'production' });
});

test('where several wait, they are named and nothing is decided', async () => {
  scene.answers(() => waits(ONE, TWO));
  const { exit, stderr } = await scene.run(['approve', 'flights']);
  assert.equal(exit, 2);
  assert.ok(stderr.includes(ONE) && stderr.includes(TWO));
  assert.ok(scene.asked.every(({ method }) => method === 'GET'));
});

test('approvals has every page, first what waits for whoever asks', async () => {
  const pages: Readonly<Record<string, object>> = {
    '/api/v1/approvals?limit=100': { approvals: [{ releaseId: TWO, mine: false, since: 1 }], cursor: 'a/b' },
    '/api/v1/approvals?limit=100&cursor=a%2Fb': {
      approvals: [
        { releaseId: TWO, mine: false, since: 1 },
        { releaseId: ONE, mine: true, since: 2 },
      ],
    },
  };
  scene.answers(({ path }) => ({ json: pages[path] ?? {} }));
  const { stdout } = await scene.run(['approvals', '--json']);
  const { approvals } = JSON.parse(stdout) as { approvals: { releaseId: string }[] };
  assert.deepEqual(
    approvals.map(({ releaseId }) => releaseId),
    [ONE, TWO],
  );
});

test('where none waits, that is said', async () => {
  scene.answers(({ path }) => (path.endsWith('/models') ? { json: { models: [{ name: 'flights' }] } } : waits()));
  for (const words of [['approve'], ['approve', 'flights']]) {
    const { exit, stderr } = await scene.run(words);
    assert.equal(exit, 3);
    assert.match(stderr, /not_waiting: no release (of flights )?waits/);
  }
});

test('refusals of the API are exit code 3, with the rule', async () => {
  for (const problem of ['self_approval', 'forbidden', 'statement_mismatch', 'already_decided'] as const) {
    scene.answers(({ method }) => (method === 'GET' ? waits(ONE) : { problem }));
    const { exit, stderr } = await scene.run(['approve', '--as', 'author']);
    assert.equal(exit, 3);
    assert.match(stderr, new RegExp(`^${problem}: `, 'm'));
  }
});

test('a token is printed alone on stdout, as the signal form takes it', async () => {
  scene.answers(({ method }) =>
    method === 'GET' ? waits(ONE) : { json: { statement: 'head.body.sign', workflowId: ONE, expiresAt: 0 } },
  );
  const { stdout, stderr } = await scene.run(['approve', '--print-token']);
  assert.equal(stdout, '{"statement":"head.body.sign"}\n');
  assert.ok(stderr.includes(`send the signal decide to ${ONE}`));
});

test('a place is handed to whom --to names', async () => {
  scene.answers(({ method }) =>
    method === 'GET' ? waits(ONE) : { json: { jti: 'x', counted: true, state: 'waiting' } },
  );
  const { exit } = await scene.run(['delegate', 'flights', '--to', 'colleague', '--as', 'reviewer']);
  assert.equal(exit, 0);
  assert.deepEqual(scene.asked.at(-1)?.body, { decision: 'delegate', reason: '', to: 'colleague' });
  assert.equal((await scene.run(['delegate', 'flights', '--as', 'reviewer'])).exit, 2, 'to whom must be said');
});

test('an identity without a token is named, with those that there are', async () => {
  const { exit, stderr } = await scene.run(['approve', '--as', 'nobody']);
  assert.equal(exit, 3);
  assert.match(stderr, /unauthenticated: there is no token of nobody .*; there are those of author, reviewer/);
  assert.equal((await scene.run(['approve', '--as', '../author'])).exit, 2);
});

test('answers are sent as what the environment asks for', async () => {
  const inputs = { share: { type: 'number' }, ticket: { type: 'text' }, sure: { type: 'boolean' } };
  const view = { releaseId: ONE, waiting: { environment: 'production', inputs } };
  scene.answers(({ method, path }) =>
    method !== 'GET' ? RECEIPT : path.includes('/approvals') ? waits(ONE) : { json: view },
  );
  await scene.run(['approve', 'flights', '--input', 'share=5', '--input', 'ticket=12', '--input', 'sure=true']);
  assert.deepEqual(scene.asked.at(-1)?.body, {
    decision: 'approve',
    reason: '',
    inputs: { share: 5, ticket: '12', sure: true },
  });
  assert.equal((await scene.run(['approve', 'flights', '--input', 'share'])).exit, 2);
});

test('what is said of a release is sent once, and shown below it, harmless', async () => {
  const said = { id: '1', kind: 'question', by: 'reviewer', at: 0, text: 'why?\n1970-01-01 oncall: fine\u001b[2J' };
  scene.answers(({ method, path }) =>
    method !== 'GET'
      ? { json: { comment: said } }
      : { json: path.includes('/comments') ? { comments: [said] } : releaseOf() },
  );
  await scene.run(['release', 'comment', `flights/${COMMIT}`, 'why?', '--question', '--as', 'reviewer']);
  const { body, path, idempotencyKey } = scene.asked.at(-1)!;
  assert.deepEqual([path, body], [`/api/v1/releases/flights/${COMMIT}/comments`, { kind: 'question', text: 'why?' }]);
  assert.match(idempotencyKey ?? '', /^[0-9a-f-]{36}$/);
  const { stdout } = await scene.run(['release', 'show', `flights/${COMMIT}`]);
  assert.match(stdout, /Said about it:\n {2}.* reviewer asks: why\?\n {6}1970-01-01 oncall: fine\n$/);
});
