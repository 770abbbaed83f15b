import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReleaseOutcome, ReleaseView } from '../../src/domain/release/types.js';
import type { ReleaseInput } from '../../workflows/messages.js';
import { HEAD, NOW, openScene, releaseView } from './scene.js';

const URL = `/api/v1/releases/flights/${HEAD}`;
const failed = (outcome: ReleaseOutcome = 'failed'): ReleaseView => ({
  ...releaseView({
    model: 'flights',
    repository: 'flights',
    commit: HEAD,
    order: 7,
    trigger: { kind: 'commit', by: 'author', at: NOW },
    params: { trees: 60 },
  }),
  outcome,
  reason: 'step_failed: train exited with code 3',
  stages: [
    { name: 'integrate', status: 'passed' },
    { name: 'build', status: 'failed' },
  ],
});

describe('resuming a release', () => {
  const open = async (view: ReleaseView) => {
    const scene = openScene();
    const body = new TextEncoder().encode(JSON.stringify(view));
    await scene.store.putDocument(`releases/flights/${HEAD}/release.json`, body);
    return scene;
  };

  it('starts the same release with all that the store knows of it, though the engine never heard of it', async () => {
    const scene = await open(failed());
    const answer = await scene.ask('author', 'POST', `${URL}/resume`, {});
    assert.equal(answer.statusCode, 202, answer.body);
    assert.deepEqual(answer.json(), { releaseId: `release/flights/${HEAD}`, from: 'build', number: 1, changed: [] });
    const start = scene.workflows.started.at(-1);
    const input = start?.input as ReleaseInput;
    assert.equal(start?.workflowId, `release/flights/${HEAD}`);
    assert.deepEqual([input.params, input.resume?.number, input.resume?.view.stages.length], [{ trees: 60 }, 1, 2]);
    assert.deepEqual(
      [input.resume?.by, input.resume?.anyway, input.resume?.changed],
      ['author', false, []],
      'who asked is told to the workflow',
    );
    const asked = async () =>
      (await scene.ports.ledger.read(`release/flights/${HEAD}`)).map(({ kind, body }) => [
        kind,
        body['number'],
        body['by'],
      ]);
    assert.deepEqual(await asked(), [['resume.asked', 1, 'author']], 'and to the ledger, by nobody but the API');
    const again = await scene.ask('author', 'POST', `${URL}/resume`, {});
    assert.equal(again.statusCode, 409, 'it runs now');
    assert.equal((again.json() as { code: string }).code, 'not_resumable');
  });

  it('refuses what has a verdict, and what is not there', async () => {
    for (const outcome of ['promoted', 'blocked', 'rejected', 'superseded'] as const) {
      const answer = await (await open(failed(outcome))).ask('author', 'POST', `${URL}/resume`, {});
      assert.equal((answer.json() as { code: string }).code, 'not_resumable', outcome);
    }
    assert.equal((await openScene().ask('author', 'POST', `${URL}/resume`, {})).statusCode, 404);
  });
});
