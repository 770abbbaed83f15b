import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { COMMIT, openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const NAME = `flights/${COMMIT}`;
const VIEW = {
  ...{ releaseId: `release/${NAME}`, model: 'flights', repository: 'flights', commit: COMMIT, order: 1, params: {} },
  ...{ trigger: { kind: 'commit', by: 'author', at: 0 }, startedAt: 0, outcome: 'provisional', decisions: [] },
  stages: [{ name: 'bake', environment: 'production', status: 'waiting', reason: 'asks oncall' }],
  bakeAsked: {
    ...{ environment: 'production', owners: ['oncall'], since: 0, until: 60_000, reason: 'few labels', reminders: 1 },
  },
};

describe('release confirm and revert', () => {
  test('say it with a reason, and tell what became of it', async () => {
    for (const [word, told] of [
      ['confirm', /^flights\/4f1ca{8} is kept in production\n$/],
      ['revert', /^flights\/4f1ca{8} goes back to what ran before it in production\n$/],
    ] as const) {
      scene.answers(() => ({ json: { changed: true, environment: 'production', until: 60_000 } }));
      const { exit, stdout } = await scene.run(['release', word, NAME, '--reason', 'sales']);
      assert.equal(exit, 0);
      assert.match(stdout, told);
      const { method, path, body } = scene.asked.at(-1)!;
      assert.deepEqual([method, path, body], ['POST', `/api/v1/releases/${NAME}/${word}`, { reason: 'sales' }]);
    }
  });

  test('need a reason, and end as refused where nobody is asked', async () => {
    assert.equal((await scene.run(['release', 'confirm', NAME])).exit, 2);
    scene.answers(() => ({ problem: 'bake_not_waiting' }));
    const { exit, stderr } = await scene.run(['release', 'confirm', NAME, '--reason', 'sales']);
    assert.equal(exit, 3);
    assert.match(stderr, /^bake_not_waiting: /m);
  });

  test('are what release show offers', async () => {
    scene.answers(({ path }) => (path.endsWith(NAME) ? { json: VIEW } : { json: { comments: [], people: [] } }));
    const { stdout } = await scene.run(['release', 'show', NAME]);
    assert.match(
      stdout,
      /^asks oncall since .* what becomes of it in production \(1 reminders\); without an answer by /m,
    );
    assert.match(stdout, new RegExp(`^ {2}.slipway release confirm ${NAME}. keeps it \\(operator\\)$`, 'm'));
    assert.match(stdout, new RegExp(`^ {2}.slipway release revert ${NAME}. puts back what ran before`, 'm'));
  });
});
