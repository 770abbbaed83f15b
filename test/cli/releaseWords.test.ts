import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { renderEvidence } from '../../src/cli/renderEvidence.js';
import type { ShownRelease } from '../../src/cli/renderRelease.js';
import type { ToldStep } from '../../src/domain/build/story.js';
import { COMMIT, openCliScene, releaseOf } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

describe('release', () => {
  const startedBefore = async (more: Readonly<Record<string, unknown>>): Promise<string> => {
    scene.answers(({ method, path }) => {
      if (method === 'POST') return { json: { releaseId: `release/flights/${COMMIT}`, started: false } };
      return { json: path.endsWith('/models') ? { models: [{ name: 'flights' }] } : releaseOf(more) };
    });
    return (await scene.run(['release', 'start'])).stdout;
  };

  test('start says how one ended that was there before, and how to go on', async () => {
    const short = `flights/${COMMIT.slice(0, 12)}`;
    assert.equal(await startedBefore({}), `release/flights/${COMMIT} runs already\n`);
    assert.equal(await startedBefore({ outcome: 'promoted' }), `release/flights/${COMMIT} ran already: promoted\n`);
    assert.equal(
      await startedBefore({ outcome: 'failed' }),
      `release/flights/${COMMIT} ran already: failed; slipway release resume ${short} tells it on\n`,
    );
  });

  test('logs of a stage that it does not have name those that it has', async () => {
    scene.answers(({ path }) => (path.includes('/logs') ? { text: 'hello' } : { json: releaseOf() }));
    const logs = (stage: string) => scene.run(['release', 'logs', `flights/${COMMIT}`, '--stage', stage]);
    const refused = await logs('nope');
    assert.deepEqual([refused.exit, refused.stdout], [2, '']);
    assert.match(refused.stderr, /usage: .* has no stage nope; there are integrate, build/);
    assert.equal((await logs('build')).stdout, 'hello');
  });

  test('logs are of a stage in every environment or in one, and silence is said', async () => {
    const stages = [
      { name: 'build', status: 'passed' },
      { name: 'deploy', environment: 'staging', status: 'passed' },
      { name: 'gate', environment: 'staging', status: 'passed' },
    ];
    scene.answers(({ path }) => {
      if (!path.includes('/logs')) return { json: releaseOf({ stages }) };
      return { text: path.includes('stage=gate') ? 'judged\n' : '' };
    });
    const logs = (stage: string) => scene.run(['release', 'logs', `flights/${COMMIT}`, '--stage', stage]);
    for (const stage of ['gate', 'gate-staging'])
      assert.deepEqual(await logs(stage), { exit: 0, stdout: 'judged\n', stderr: '' });
    assert.ok(scene.asked.some(({ path }) => path.endsWith('stage=gate-staging')));
    assert.deepEqual(await logs('deploy'), { exit: 0, stdout: '', stderr: 'this stage wrote no log\n' });
    const refused = await logs('gate-stagng');
    assert.equal(refused.exit, 2);
    assert.match(refused.stderr, /there are build, deploy, deploy-staging, gate, gate-staging$/m);
  });

  test('what is cut says so', async () => {
    const stages = [
      { name: 'gate', status: 'passed', reason: 'x'.repeat(101) },
      { name: 'build', status: 'failed', reason: 'it failed\nits last lines' },
      { name: 'package', status: 'passed', reason: 'y'.repeat(100) },
    ];
    scene.answers(() => ({ json: releaseOf({ stages }) }));
    const { stdout } = await scene.run(['release', 'show', `flights/${COMMIT}`]);
    assert.match(stdout, / x{99}…$/m);
    assert.match(stdout, / it failed …$/m);
    assert.match(stdout, / y{100}$/m);
  });
});

test('evidence says how the version would come in, and which step was tried until it passed', () => {
  const view = { ...releaseOf(), waiting: { environment: 'production', subject: {} } } as unknown as ShownRelease;
  const attempt = (number: number, passed: boolean) => ({ number, passed, end: '' });
  const sound: ToldStep = { step: 'data', outcome: 'ran', attempts: [attempt(1, true)], flaky: false };
  const retried = { ...sound, step: 'train', flaky: true, attempts: [attempt(1, false), attempt(2, true)] };
  const evidence = { stages: { 'build.steps': { kind: 'steps', steps: [sound, retried] } } };
  const shown = renderEvidence({ ...view, rollout: { strategy: 'immediate' } }, evidence, 'http://x');
  assert.match(shown, /^Rollout: immediate, 100 % of the traffic at once\.\nApproving lets it enter production/m);
  assert.match(shown, /^step train failed and passed with the same inputs: 1 of 2 attempts failed$/m);
  assert.doesNotMatch(shown, /step data/);
  const prospect = {
    environment: 'production',
    champion: 'sha256:c',
    differences: [{ part: 'params', name: 'days', from: 12, to: 30 }] as const,
    ...{ more: 2, next: ['at once', 'Then the gates quality must pass.'] },
  };
  const compared = renderEvidence({ ...view, prospect }, {}, 'http://x');
  assert.match(compared, /params +days +12 +30[^]*and 2 more differences[^]*Then the gates quality must pass\./);
});

test('the review of a hotfix is not asked as if nothing were in yet', () => {
  const waiting = { environment: 'production', subject: { gate: 'review.production' }, expireAt: 3_600_000 };
  const replaced = { artifactDigest: 'sha256:a', releaseId: 'r', commit: '0921'.padEnd(40, '0') };
  const review = { environment: 'production', until: 3_600_000, replaced };
  const asked = { ...releaseOf(), rollout: { strategy: 'immediate' }, waiting, review } as unknown as ShownRelease;
  const shown = renderEvidence(asked, {}, 'http://x');
  assert.match(shown, /it runs in production already\. Approving lets it stay\./);
  assert.match(shown, /nobody's word until 1970-01-01 01:00:00, brings back 092100000000, which it replaced\./);
  assert.doesNotMatch(shown, /Rollout|lets it enter/);
  const { replaced: _, ...first } = review;
  assert.match(
    renderEvidence({ ...asked, review: first } as unknown as ShownRelease, {}, 'http://x'),
    /ends its review as missed; nothing ran there before/,
  );
});
