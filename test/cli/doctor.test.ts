import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { examineInstallation, type DoctorParts } from '../../src/cli/doctor.js';
import { openCliScene, type Answer } from './scene.js';

const scene = await openCliScene();
after(() => scene.close());

const PARTS: DoctorParts = {
  probeStore: async () => undefined,
  ledgerLock: async () => undefined,
  whyUnconfined: async () => undefined,
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
