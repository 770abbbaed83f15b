import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { COMMIT, openCliScene } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

describe('rollback', () => {
  const digest = (beginning: string): string => `sha256:${beginning.padEnd(64, '0')}`;
  const version = (beginning: string) => ({ artifactDigest: digest(beginning), releaseId: 'r', commit: COMMIT });
  const STATE = {
    champion: version('c7c90896a6a0'),
    previous: version('c7c9ffff'),
    history: [
      { outcome: 'deployed', version: version('abcd12') },
      { outcome: 'rolled_back', version: version('bad0bad0') },
    ],
  };
  const PLAN = {
    ...{ model: 'flights', environment: 'production', epoch: 9, plan: digest('9'), from: version('c7c90896a6a0') },
    to: version('abcd12'),
    ...{ subject: 'Add the hour', committedAt: 0, commits: 3, lastServed: { from: 0, until: 60_000 } },
    undone: [
      {
        epoch: 8,
        kind: 'release',
        version: version('c7c90896a6a0'),
        by: 'author',
        reason: '',
        at: 60_000,
        subject: 'Drop it',
      },
    ],
    aborts: { epoch: 9, kind: 'release', version: version('dddd'), by: 'author' },
    behind: [],
    evidence: [{ stage: 'gate', environment: 'staging', verdict: 'pass', reason: 'brier 0.1 <= 0.2' }],
    inputs: [{ feature: 'hour', change: 'added', what: 'number has to be sent', breaks: true }],
    holds: [{ id: 'hold-1', kind: 'hold', reason: 'stocktaking', by: 'oncall', override: [] }],
    incidents: [{ incidentId: 'incident/flights/production/drift.hour', status: 'open' }],
  };
  const rollBack = async (to: string) => {
    scene.answers(({ method, path }) => {
      if (path.includes('/rollback-plan'))
        return { json: { ...PLAN, to: { ...PLAN.to, artifactDigest: path.split('=')[1] } } };
      return method === 'GET' ? { json: STATE } : { json: { requestId: 'r', to: version('abcd12') } };
    });
    const { exit, stderr } = await scene.run(['rollback', 'flights', 'production', '--to', to, '--no-wait']);
    return { exit, stderr, to: (scene.asked.at(-1)?.body as { to?: string } | undefined)?.to };
  };

  test('takes the beginning of a digest, as status prints it', async () => {
    for (const typed of ['abcd12', 'sha256:abcd', digest('abcd12'), '0'.repeat(64)])
      assert.equal((await rollBack(typed)).to, typed.length < 64 ? digest('abcd12') : `sha256:${typed.slice(-64)}`);
  });

  test('refuses what begins none, or more than one, or is no digest', async () => {
    for (const [typed, exit, told] of [
      ['bad0bad0', 8, /artifact_unknown: nothing that was deployed there begins with bad0bad0/],
      ['c7c9', 2, /usage: c7c9 begins more than one digest/],
      ['latest', 2, /usage: latest is no digest, nor the beginning of one/],
    ] as const) {
      const ran = await rollBack(typed);
      assert.deepEqual([ran.exit, ran.to, told.test(ran.stderr)], [exit, undefined, true], ran.stderr);
    }
  });

  test('says who took out what it brings back', async () => {
    const { from: _, ...nothing } = PLAN;
    scene.answers(() => ({ json: { ...nothing, retired: { by: 'operator', reason: 'over', at: 0 } } }));
    const { stdout } = await scene.run(['rollback', 'flights', 'production', '--plan']);
    assert.match(stdout, /^ {2}to .*\nbrings back what was retired by operator: over \(1970-01-01 00:00:00\)$/m);
  });

  test('shows what it would do and undo first, and asks for exactly that', async () => {
    scene.answers(({ method }) => ({ json: method === 'GET' ? PLAN : { requestId: 'r', to: PLAN.to } }));
    const ran = await scene.run(['rollback', 'flights', 'production', '--no-wait', '--reason', 'worse']);
    assert.equal(ran.exit, 0);
    assert.deepEqual(scene.asked.at(-1)?.body, { reason: 'worse', to: digest('abcd12'), plan: digest('9') });
    for (const line of [
      /^ {2}from c7c90896a6a0/m,
      /^ {2}to {3}abcd12000000 .*: Add the hour$/m,
      /^it served here last from 1970-01-01 00:00:00 to 1970-01-01 00:01:00$/m,
      /^aborts the release of 4f1caaaaaaaa under way \(epoch 9, by author\)$/m,
      /^undoes 1 deployment, 3 commits of the branch$/m,
      /1970-01-01 00:01:00 +8 +release +c7c90896a6a0 +author +4f1caaaaaaaa Drop it/,
      /^! callers: input hour added, number has to be sent$/m,
      /gate +staging +pass +brier/,
      /^production is held: .*stocktaking/m,
      /^open there: incident\/flights/m,
    ])
      assert.match(ran.stderr, line);
  });

  test('says how it ended where what served goes on serving', async () => {
    for (const [outcome, exit] of [
      ['rolled_back', 11],
      ['refused', 3],
    ] as const) {
      const ended = { requestId: 'r', outcome, reason: 'aborted by oncall: not this one', version: version('abcd12') };
      scene.answers(({ method, path }) => {
        if (method !== 'GET') return { json: { requestId: 'r', to: PLAN.to } };
        return { json: path.includes('/rollback-plan') ? PLAN : { ...STATE, history: [ended] } };
      });
      const ran = await scene.run(['rollback', 'flights', 'production']);
      assert.equal(ran.exit, exit, ran.stderr);
      assert.equal(ran.stdout, `production has not gone back to abcd12000000: ${outcome}, ${ended.reason}\n`);
    }
  });

  test('with --plan does nothing; with another state than was shown it is refused', async () => {
    scene.answers(() => ({ json: PLAN }));
    const planned = await scene.run(['rollback', 'flights', 'production', '--plan', '--json']);
    assert.deepEqual([planned.exit, JSON.parse(planned.stdout), scene.asked.length], [0, PLAN, 1]);
    scene.answers(({ method }) => (method === 'GET' ? { json: PLAN } : { problem: 'plan_changed' }));
    const refused = await scene.run(['rollback', 'flights', 'production', '--no-wait']);
    assert.deepEqual([refused.exit, /^plan_changed: /m.test(refused.stderr)], [3, true]);
  });
});
