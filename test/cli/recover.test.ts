import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openCliScene, releaseOf } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const PLAN = {
  engine: { before: 'default/1', now: 'default/2' },
  environments: [
    {
      ...{ model: 'flights', environment: 'production', championFrom: 'ledger' },
      state: { epoch: 5, champion: { artifactDigest: `sha256:${'1'.repeat(64)}` } },
      seen: { ledger: 4, pointer: 3, target: 4 },
      disagreements: ['the pointer names something else'],
    },
  ],
  interrupted: [{ ...releaseOf(), outcome: 'failed', reason: 'the engine lost it at build' }],
  unbegun: ['release/flights/abc'],
  monitored: [{ model: 'flights', environment: 'production' }],
  watched: [{ model: 'flights', environment: 'production' }],
  incidents: ['incident/flights/production/drift.load'],
  plan: `sha256:${'2'.repeat(64)}`,
};

/** The arbiter works when it has been asked so often. */
const answering = (after = 1) => {
  let asked = 0;
  scene.answers(({ method, path }) => {
    if (path === '/api/v1/recovery') return { json: PLAN };
    if (method === 'GET' && path.endsWith('/production'))
      return (asked += 1) < after ? { problem: 'timed_out' } : { json: { epoch: 5 } };
    return { problem: 'not_found' };
  });
};

describe('recover', () => {
  it('shows champion, epochs, disagreements and what can be resumed, and changes nothing', async () => {
    answering();
    const { exit, stdout } = await scene.run(['recover']);
    assert.equal(exit, 0);
    for (const words of [
      /flights +production +111111111111 +ledger +4 +3 +4 +5/,
      /! flights in production: the pointer names something else/,
      /slipway release resume flights\/4f1caaaaaaaa/,
      /slipway release start --model flights --commit abc/,
      /what runs of flights in production is looked at again/,
      /incident\/flights\/production\/drift.load was open/,
      /nothing was changed; to do it: slipway recover --yes/,
    ])
      assert.match(stdout, words);
    assert.deepEqual(
      scene.asked.map(({ method }) => method),
      ['GET'],
    );
  });

  it('confirms the very plan that it showed, and waits until the arbiter works', async () => {
    answering(3);
    const { exit, stdout } = await scene.run(['recover', '--yes', '--json']);
    assert.equal(exit, 0);
    assert.equal((JSON.parse(stdout) as { recovered: boolean }).recovered, true);
    const [posted] = scene.asked.filter(({ method }) => method === 'POST');
    assert.deepEqual(posted?.body, { plan: PLAN.plan });
    assert.equal(scene.asked.filter(({ path }) => path.endsWith('/production')).length, 3);
  });

  it('says that nothing is to be recovered', async () => {
    scene.answers(() => ({ json: { ...PLAN, engine: null } }));
    const { exit, stdout } = await scene.run(['recover', '--yes']);
    assert.equal(exit, 0);
    assert.match(stdout, /nothing is to be recovered/);
    assert.equal(scene.asked.length, 1);
  });

  it('ends with 3 where the plan has changed meanwhile', async () => {
    scene.answers(({ method }) => (method === 'POST' ? { problem: 'plan_changed' } : { json: PLAN }));
    assert.equal((await scene.run(['recover', '--yes'])).exit, 3);
  });
});
