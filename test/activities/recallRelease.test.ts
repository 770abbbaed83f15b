import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createRecallRelease } from '../../activities/recallRelease.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { ferries, MODEL, openBuildScene, outcomeOf } from './buildScene.js';

describe('what a resumed release finds in the store', () => {
  const scene = openBuildScene();
  after(scene.close);
  it('is the build as it was, with the list of its packages, so that it is packaged as the same artifact', async () => {
    const lock = { lockfileVersion: 3, packages: { 'node_modules/left': { version: '1.0.0' } } };
    const commit = scene.repository.commit({ ...ferries(), 'package-lock.json': JSON.stringify(lock) });
    const { outcome, releaseId } = await scene.build(commit);
    const built = outcomeOf(outcome);
    const view: ReleaseView = {
      ...{ releaseId, model: MODEL, repository: MODEL, commit, order: 1, params: {}, decisions: [], startedAt: 0 },
      trigger: { kind: 'commit', by: 'author', at: 0 },
      outcome: 'failed',
      stages: [
        { name: 'build', status: 'passed', evidence: built.evidence },
        { name: 'package', status: 'failed' },
      ],
    };
    const recalled = await createRecallRelease(scene.ports)({ number: 1, view });
    assert.notEqual(built.packages, undefined);
    assert.deepEqual(recalled.built, built);
    assert.equal((await createRecallRelease(scene.ports)({ number: 1, view })).finished.length, 1);
    const told = (await scene.ports.ledger.read(releaseId)).filter(({ kind }) => kind === 'release.resumed');
    assert.deepEqual(
      told.map(({ body }) => [body['number'], (body['after'] as { outcome: string }).outcome]),
      [[1, 'failed']],
      'that it was told on is in the ledger, once',
    );
  });
});
