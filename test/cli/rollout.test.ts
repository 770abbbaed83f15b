import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const version = (letter: string) => ({
  ...{
    artifactDigest: `sha256:${letter.repeat(64)}`,
    releaseId: `release/flights/${letter}`,
    commit: letter.repeat(40),
  },
});
const measurements = [{ name: 'error rate', value: 0.0213456, limit: 0.01, verdict: 'fail' }];
const ROLLOUT = {
  ...{ model: 'flights', environment: 'production', epoch: 7, kind: 'release', status: 'holding', reason: 'commit' },
  ...{ startedAt: 0, candidate: version('b'), champion: version('a'), step: 2, weight: 50 },
  waitsFor: 'the look at step 2',
  steps: [{ weight: 10 }, { weight: 50 }],
  shifts: [
    { at: 0, weight: 10 },
    { at: 61_000, weight: 50 },
  ],
  looks: [
    {
      ...{ at: 60_000, step: 0, weight: 10, verdict: 'fail', reason: 'errors', evidence: 'sha256:e', requests: 512 },
      measurements,
    },
  ],
  said: [{ kind: 'promote', by: 'operator', reason: 'seen enough', at: 59_000, step: 0 }],
};
const PATH = '/api/v1/models/flights/environments/production/rollout';

describe('rollout show', () => {
  test('has phase, step, share, what it waits for, looks with values and limits, and a bar per share', async () => {
    scene.answers(() => ({ json: ROLLOUT }));
    const { exit, stdout } = await scene.run(['rollout', 'show', 'flights', 'production']);
    assert.equal(exit, 0);
    for (const line of [
      /^release of flights in production, epoch 7: holding, step 2 of 2, 50 % of the traffic$/m,
      /^bbbbbbbbbbbb \(commit bbbbbbbbbbbb\) beside aaaaaaaaaaaa \(commit aaaaaaaaaaaa\)$/m,
      /^waits for the look at step 2$/m,
      /^1970-01-01 00:00:59 step 1 promoted by operator: seen enough$/m,
      /^00:01:01 {4}50 % █{15}$/m,
      /^planned {4}100 % ░{30}$/m,
      /1 +10 % +512 +fail +errors/,
      /1 +error rate +0\.02135 +0\.01 +fail/,
    ])
      assert.match(stdout, line);
  });

  test('tells the looks at a shadow from those at the first step, and keeps the values of both', async () => {
    const look = { ...ROLLOUT.looks[0]!, phase: 'shadow', weight: 0, copies: 25, verdict: 'pass' };
    const copied = [{ name: 'latency_p95_ratio', value: 1.5, limit: 2, verdict: 'pass' }];
    scene.answers(() => ({ json: { ...ROLLOUT, looks: [{ ...look, measurements: copied }, ...ROLLOUT.looks] } }));
    const { stdout } = await scene.run(['rollout', 'show', 'flights', 'production']);
    for (const line of [
      / shadow +25 % copied +512 +pass +errors/,
      / 1 +10 % +512 +fail +errors/,
      /^shadow +latency_p95_ratio +1\.5 +2 +pass/m,
      /^1 +error rate +0\.02135 +0\.01 +fail/m,
    ])
      assert.match(stdout, line);
  });

  test('does not say that nothing was there before what came at once', async () => {
    const { champion: _, ...alone } = { ...ROLLOUT, kind: 'rollback', status: 'deployed', endedAt: 1, shifts: [] };
    scene.answers(() => ({ json: { ...alone, looks: [], steps: [] } }));
    const { stdout } = await scene.run(['rollout', 'show', 'flights', 'production']);
    assert.match(stdout, /^bbbbbbbbbbbb \(commit bbbbbbbbbbbb\)$/m);
  });

  test('asks for an earlier one by its epoch, and refuses what is none', async () => {
    scene.answers(() => ({ json: ROLLOUT }));
    const { stdout } = await scene.run(['rollout', 'show', 'flights', 'production', '--epoch', '7', '--json']);
    assert.deepEqual([scene.asked[0]?.path, JSON.parse(stdout)], [`${PATH}?epoch=7`, ROLLOUT]);
    assert.equal((await scene.run(['rollout', 'show', 'flights', 'production', '--epoch', 'last'])).exit, 2);
    scene.answers(() => ({ problem: 'not_found' }));
    assert.equal((await scene.run(['rollout', 'show', 'flights', 'production'])).exit, 8);
  });
});

describe('rollout pause, resume, promote and abort', () => {
  test('say it with a reason and a key, and tell what it waits for now', async () => {
    for (const [word, told] of [
      ['pause', /is paused: it stays on its step until it is resumed\nit waits for the look at step 2\n$/],
      ['resume', /goes on: its step is held anew, and looked at/],
      ['promote', /is looked at now, and goes on where that passes/],
      ['abort', /is aborted: all traffic goes back/],
    ] as const) {
      scene.answers(() => ({ json: { changed: true, rollout: ROLLOUT } }));
      const ran = await scene.run(['rollout', word, 'flights', 'production', '--reason', 'odd', '--as', 'reviewer']);
      assert.equal(ran.exit, 0, ran.stderr);
      assert.match(ran.stdout, told);
      const [asked] = scene.asked;
      assert.deepEqual([asked?.path, asked?.body], [`${PATH}/${word}`, { reason: 'odd' }]);
      assert.ok((asked?.idempotencyKey ?? '').length > 10);
    }
  });

  test('promote does not promise a look at once to what is paused', async () => {
    scene.answers(() => ({ json: { changed: true, rollout: { ...ROLLOUT, status: 'paused' } } }));
    const { stdout } = await scene.run(['rollout', 'promote', 'flights', 'production', '--reason', 'odd']);
    assert.match(stdout, /is looked at as soon as it is resumed, and goes on where that passes/);
  });

  test('promote names the step that was meant', async () => {
    scene.answers(() => ({ json: { changed: false, rollout: ROLLOUT } }));
    const words = ['rollout', 'promote', 'flights', 'production', '--reason', 'odd', '--step'];
    const { stdout } = await scene.run([...words, '2']);
    assert.deepEqual(scene.asked[0]?.body, { reason: 'odd', step: 2 });
    assert.match(stdout, /was not changed: somebody had said so before/);
    assert.equal((await scene.run([...words, '0'])).exit, 2);
  });

  test('end with the code of what refuses them; without a reason nothing is said', async () => {
    for (const problem of ['rollout_idle', 'rollout_ending', 'self_approval', 'forbidden'] as const) {
      scene.answers(() => ({ problem }));
      const ran = await scene.run(['rollout', 'abort', 'flights', 'production', '--reason', 'odd']);
      assert.deepEqual([ran.exit, ran.stderr.includes(problem)], [3, true]);
    }
    assert.match((await scene.run(['rollout', 'abort', 'flights', 'production', '--reason', 'x'])).stderr, /forbidden/);
    scene.answers(() => ({ problem: 'rollout_idle' }));
    assert.equal((await scene.run(['rollout', 'abort', 'flights', 'production'])).exit, 2);
    assert.deepEqual(scene.asked, []);
  });

  test('say that the ledger does not have it', async () => {
    scene.answers(() => ({ json: { changed: true, unrecorded: 'store_unreachable: no store', rollout: ROLLOUT } }));
    const { stderr } = await scene.run(['rollout', 'abort', 'flights', 'production', '--reason', 'odd']);
    assert.match(stderr, /it is not in the ledger: store_unreachable/);
  });
});
