import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { COMMIT, openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());
const AT = Date.UTC(2026, 11, 27, 6);
const hold = (more: object = {}) => ({
  ...{ id: 'freeze-3f2a9c0d1e4b', kind: 'freeze', environments: ['production'], reason: 'stocktaking', by: 'oncall' },
  ...{ from: 0, until: AT, override: ['operator'] },
  ...more,
});
const asked = () => scene.asked.at(-1);

test('a hold and a freeze name their place, and are placed once however often the answer is lost', async () => {
  scene.answers(() => ({ status: 201, json: { hold: hold() } }));
  const placed = await scene.run(['hold', 'model', 'flights', '--env', 'production', '--reason', 'stocktaking']);
  assert.equal(placed.exit, 0);
  assert.deepEqual(asked()?.body, { kind: 'hold', reason: 'stocktaking', model: 'flights', environment: 'production' });
  assert.match(asked()?.idempotencyKey ?? '', /^[0-9a-f-]{36}$/);
  const until = ['--until', '2026-12-27T06:00:00Z'];
  const frozen = await scene.run(['freeze', 'environment', 'production', ...until, '--reason', 'stocktaking']);
  assert.equal(frozen.exit, 0);
  assert.deepEqual(asked()?.body, { kind: 'freeze', reason: 'stocktaking', environment: 'production', until: AT });
  assert.match(
    frozen.stdout,
    /^every model in production takes no new versions: freeze .* until 2026-12-27 06:00 UTC: stocktaking/,
  );
});

test('a freeze has one end, which is the same instant everywhere; what is none is exit code 2, and nothing is asked', async () => {
  scene.answers(() => ({ status: 201, json: { hold: hold() } }));
  const words = ['freeze', 'environment', 'production', '--reason', 'x'];
  for (const end of [
    [],
    ['--for', '1d', '--until', '2026-12-27T06:00:00Z'],
    ['--until', '2026-12-27T06:00:00'],
    ['--until', 'tomorrow'],
    ['--for', 'long'],
    ['--for', '0d'],
  ]) {
    const { exit, stderr } = await scene.run([...words, ...end]);
    assert.equal(exit, 2, end.join(' '));
    assert.match(stderr, /^usage: /, end.join(' '));
  }
  assert.equal((await scene.run(['hold', 'model', 'flights'])).exit, 2, 'a reason is needed');
  assert.deepEqual(scene.asked, []);
});

test('lists say of what, until when, by whom and why, and what was lifted only when asked', async () => {
  const lifted = { lifted: { by: 'operator', reason: 'counted', at: AT } };
  scene.answers(() => ({ json: { holds: [hold(), hold({ id: 'freeze-2', ...lifted })] } }));
  const { stdout } = await scene.run(['freeze', 'list', '--all']);
  assert.equal(asked()?.path, '/api/v1/holds?kind=freeze&all=true');
  assert.match(stdout, /^freeze-3f2a9c0d1e4b +every model in production .* oncall +stocktaking$/m);
  assert.match(stdout, /^freeze-2 .* lifted .* by operator /m);
  scene.answers(() => ({ json: { holds: [] } }));
  const none = await scene.run(['hold', 'list']);
  assert.deepEqual([asked()?.path, none.exit, none.stdout], ['/api/v1/holds?kind=hold', 0, 'there is no hold\n']);
});

test('a lift says why; one that is not there is exit code 8, one that is not theirs 3', async () => {
  const words = ['hold', 'lift', 'hold-1', '--reason', 'counted'];
  scene.answers(() => ({
    json: { hold: hold({ id: 'hold-1', lifted: { by: 'oncall', reason: 'counted', at: AT } }) },
  }));
  const lifted = await scene.run(words);
  assert.equal(lifted.exit, 0);
  assert.match(lifted.stdout, /hold-1 holds nothing any more: lifted by oncall, counted/);
  assert.deepEqual([asked()?.path, asked()?.body], ['/api/v1/holds/hold-1/lift', { reason: 'counted' }]);
  for (const [problem, code] of [
    ['hold_unknown', 8],
    ['forbidden', 3],
  ] as const) {
    scene.answers(() => ({ problem }));
    const { exit, stderr } = await scene.run(words);
    assert.equal(exit, code);
    assert.ok(stderr.startsWith(`${problem}: `));
  }
});

test('an override names the release, and says of each freeze who let it pass; refused it is exit code 3', async () => {
  const release = `flights/${COMMIT}`;
  const words = ['override', release, '--reason', 'prices are wrong', '--as', 'reviewer'];
  const notice = { freeze: 'year-end', environment: 'production', by: 'reviewer', reason: 'prices are wrong', at: AT };
  scene.answers(() => ({ json: { overrides: [notice] } }));
  const passed = await scene.run(words);
  assert.equal(passed.exit, 0, passed.stderr);
  assert.equal(
    passed.stdout,
    'freeze year-end of production was overridden by reviewer, 2026-12-27 06:00 UTC: prices are wrong\n',
  );
  assert.deepEqual(
    [asked()?.path, asked()?.body],
    [`/api/v1/releases/${release}/override`, { reason: 'prices are wrong' }],
  );
  for (const problem of ['override_forbidden', 'self_approval', 'not_held'] as const) {
    scene.answers(() => ({ problem }));
    const { exit, stderr } = await scene.run(words);
    assert.equal(exit, 3);
    assert.ok(stderr.startsWith(`${problem}: `));
  }
});
