import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createGitRepository } from '../fixtures/gitRepository.js';
import { repositoryFiles } from '../fixtures/incidents/repository.js';
import { COMMIT, openCliScene } from './scene.js';

const scene = await openCliScene();
const folder = mkdtempSync(join(tmpdir(), 'slipway-plan-'));
after(async () => {
  rmSync(folder, { recursive: true });
  await scene.close();
});

const PLANNED = {
  model: 'ferry-delay',
  checks: [{ name: 'unit', kind: 'unit' }],
  steps: [
    {
      step: 'data',
      kind: 'skip',
      reason: 'nothing it depends on has changed since release/ferry-delay/1',
      lastMs: 900,
    },
    { step: 'train', kind: 'run', reason: 'train.mjs changed', lastMs: 4000 },
  ],
  environments: [
    {
      name: 'production',
      approval: { kind: 'required', quorum: 1 },
      approvers: ['reviewer'],
      rollout: 'canary',
      rolloutMs: 900_000,
      gates: ['quality'],
      holds: [{ id: 'year-end', kind: 'freeze', reason: 'x', by: 'oncall', until: 3_600_000, override: ['operator'] }],
    },
  ],
  earliestMs: 904_000,
  earliestAt: 4_500_000,
  notes: ['production: waits until 1 of reviewer has approved'],
};

describe('plan', () => {
  test('sends the working copy as a commit would hold it, and shows the answer', async () => {
    const repository = createGitRepository(join(folder, 'ferries'));
    repository.commit({ ...repositoryFiles('sound'), '.gitignore': 'build\n' });
    scene.answers(() => ({ json: PLANNED }));
    const { exit, stdout } = await scene.run(['plan', repository.directory, '--param', 'data.days=3']);
    assert.equal(exit, 0);
    assert.match(stdout, /train.*run.*train\.mjs changed.*4\.0 s/);
    assert.match(stdout, /production.*1 of reviewer.*canary, 15\.0 min.*quality/);
    assert.match(stdout, /everywhere on 1970-01-01 01:15:00 UTC at the earliest, after 15\.1 min of its own/);
    assert.match(stdout, /production would hold it back: freeze year-end by oncall, until 1970-01-01 01:00 UTC/);
    const [asked] = scene.asked;
    assert.equal(asked?.path, '/api/v1/models/ferry-delay/plan');
    const body = asked?.body as { files: Record<string, string>; params: unknown; spec: string };
    assert.deepEqual(body.params, { 'data.days': 3 });
    assert.match(body.files['pipeline/data.mjs'] ?? '', /^sha256:[0-9a-f]{64}$/);
    assert.match(body.spec, /^version: 1/);
  });

  test('says what is wrong with slipway.yaml without asking anybody, and that a folder is no repository', async () => {
    scene.answers(() => ({ json: PLANNED }));
    assert.equal((await scene.run(['plan', join(folder, 'nothing')])).exit, 2);
    const { exit, stderr } = await scene.run(['plan', 'test/fixtures/incidents/repository', '--param', 'wrong']);
    assert.equal(exit, 2);
    assert.match(stderr, /wrong is not of the form name=value/);
    assert.deepEqual(scene.asked, []);
  });
});

describe('why', () => {
  const steps = [
    {
      step: 'data',
      outcome: 'skipped',
      reason: 'nothing it depends on has changed since release/m/1',
      flaky: false,
      attempts: [],
    },
    {
      step: 'train',
      outcome: 'ran',
      reason: 'parameter trees changed from 60 to 90',
      flaky: true,
      attempts: [
        { number: 1, passed: false, end: 'exited with code 4', durationMs: 1000 },
        { number: 2, passed: true, end: 'exited with code 0', durationMs: 2000 },
      ],
    },
  ];
  const release = `flights/${COMMIT}`;

  test('names what changed, and every attempt of a flaky step', async () => {
    scene.answers(() => ({ json: { steps } }));
    const { exit, stdout } = await scene.run(['why', 'train', '--release', release]);
    assert.equal(exit, 0);
    assert.match(stdout, /train ran, and is flaky: parameter trees changed from 60 to 90/);
    assert.match(stdout, /attempt 1 exited with code 4 after 1\.0 s/);
    assert.equal(scene.asked[0]?.path, `/api/v1/releases/${release}/steps`);
    const { stdout: json } = await scene.run(['why', 'data', '--release', release, '--json']);
    assert.equal((JSON.parse(json) as { outcome: string }).outcome, 'skipped');
  });

  test('says of a failed step how it ended, and why it was run at all', async () => {
    const failed = { ...steps[1], outcome: 'failed', flaky: false, attempts: steps[1]!.attempts.slice(0, 1) };
    scene.answers(() => ({ json: { steps: [failed] } }));
    const { stdout } = await scene.run(['why', 'train', '--release', release]);
    assert.match(
      stdout,
      /^train failed\. It was run: parameter trees changed from 60 to 90\n  attempt 1 exited with code 4/,
    );
  });

  test('lists the steps where there is none of that name', async () => {
    scene.answers(() => ({ json: { steps } }));
    const { exit, stderr } = await scene.run(['why', 'trian', '--release', release]);
    assert.equal(exit, 8);
    assert.match(stderr, /tells of no step trian: it came to data, train/);
  });
});
