import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { COMMIT, openCliScene, type Answer } from './scene.js';

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

test('an identity without a token is named, with those that there are', async () => {
  const { exit, stderr } = await scene.run(['approve', '--as', 'nobody']);
  assert.equal(exit, 3);
  assert.match(stderr, /unauthenticated: there is no token of nobody .*; there are those of author, reviewer/);
  assert.equal((await scene.run(['approve', '--as', '../author'])).exit, 2);
});
