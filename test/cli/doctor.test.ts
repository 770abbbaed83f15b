import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { examineInstallation, type DoctorParts, type StepsFound } from '../../src/cli/doctor.js';
import { openCliScene, type Answer } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const PARTS: DoctorParts = {
  probeStore: async () => undefined,
  ledgerLock: async () => undefined,
  steps: async () => ({ runner: 'process' }),
  temporalAddress: () => undefined,
  asksForCredentials: async () => undefined,
  unheard: () => [],
};

const needsOf = async (answer: Answer) => {
  scene.answers(({ path }) => (path === '/ready' ? answer : { json: { sources: [] } }));
  const { exit, stdout } = await scene.run(['doctor', '--json'], {
    examine: (cli) => examineInstallation(cli, PARTS),
  });
  const { findings } = JSON.parse(stdout) as { findings: readonly { check: string; ok: boolean; detail: string }[] };
  return { exit, needs: findings.find(({ check }) => check === 'what the API needs') };
};

describe('what doctor says the API needs', () => {
  test('is there', async () => {
    const { needs } = await needsOf({ json: { status: 'ready', checks: { temporal: 'ok', store: 'ok' } } });
    assert.deepEqual([needs?.ok, needs?.detail], [true, `temporal ok, store ok; asked at ${scene.url}`]);
  });

  test('is named where it does not answer', async () => {
    const temporal = 'temporal_unreachable: Temporal at 127.0.0.1:7233 did not answer in 10 s (namespace default)';
    const { exit, needs } = await needsOf({
      status: 503,
      json: { status: 'unready', checks: { temporal, store: 'ok' } },
    });
    assert.deepEqual([exit, needs?.ok], [9, false]);
    assert.equal(needs?.detail, `temporal ${temporal}, store ok; asked at ${scene.url}`);
  });

  test('is not known where something else answers', async () => {
    const { exit, needs } = await needsOf({ status: 503, json: { status: 'unready' } });
    assert.deepEqual([exit, needs?.ok], [9, false]);
    assert.equal(needs?.detail, `HTTP 503 from ${scene.url}, which is no Slipway API`);
  });
});

describe('what doctor says of steps', () => {
  const stepsOf = async (found: StepsFound) => {
    scene.answers(() => ({ json: { checks: {}, sources: [] } }));
    const { exit, stdout } = await scene.run(['doctor', '--json'], {
      examine: (cli) => examineInstallation(cli, { ...PARTS, steps: async () => found }),
    });
    const { findings } = JSON.parse(stdout) as { findings: readonly { check: string; ok: boolean; detail: string }[] };
    return { exit, found: findings.find(({ check }) => ['steps', 'sandbox'].includes(check)) };
  };
  const docker = { runner: 'docker', image: 'sha256:00', socket: '/run/engine.sock' } as const;

  test('that run as processes', async () => {
    assert.match((await stepsOf({ runner: 'process' })).found?.detail ?? '', /^bubblewrap works/);
    const { found } = await stepsOf({ runner: 'process', unconfined: 'bwrap is not on the PATH' });
    assert.deepEqual([found?.check, found?.ok], ['sandbox', false]);
    assert.match(found?.detail ?? '', /bwrap is not on the PATH.*steps\.runner: docker/);
  });

  test('that run in containers', async () => {
    const { found } = await stepsOf(docker);
    assert.deepEqual(found, {
      check: 'steps',
      ok: true,
      detail: 'commands of model repositories run in containers of sha256:00, by the engine at /run/engine.sock',
    });
  });

  test('that cannot run, which is a failure', async () => {
    const { exit, found } = await stepsOf({ ...docker, missing: 'connect ENOENT /run/engine.sock' });
    assert.deepEqual(
      [exit, found?.ok, found?.detail],
      [9, false, 'commands of model repositories cannot run: connect ENOENT /run/engine.sock'],
    );
  });
});
