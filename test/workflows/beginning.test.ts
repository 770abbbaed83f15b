import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { environmentId, rollbackUpdate } from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, digest } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const tampered: Fakes = {
  recoverEnvironment: () => {
    throw ApplicationFailure.nonRetryable('the chain does not continue', 'ledger_tampered');
  },
};
const immediately = (): Fakes => declares(canaryIn('production', { strategy: 'immediate' }));

describe('an arbiter that cannot begin', () => {
  it('tells whoever asks why, stays, and begins when it can', { timeout: 60_000 }, async () => {
    scene.answer({ ...immediately(), ...tampered });
    const refused = await releaseOf(scene, 'unbegun', 'a', 1);
    const view = await scene.endOf<ReleaseView>(refused);
    assert.equal(view.outcome, 'failed');
    assert.match(view.reason ?? '', /^ledger_tampered: production cannot begin: the chain does not continue$/);
    assert.equal((await arbiterOf(scene, 'unbegun').describe()).status.name, 'RUNNING');

    scene.answer({ recoverEnvironment: () => ({ epoch: 6 }) });
    const next = await scene.endOf<ReleaseView>(await releaseOf(scene, 'unbegun', 'b', 2));
    assert.equal(next.outcome, 'promoted', next.reason);
    const { champion, epoch, announced } = await stateOf(scene, 'unbegun');
    assert.deepEqual([champion?.artifactDigest, epoch, announced], [digest('b'), 7, []]);
  });

  it('refuses a rollback with the same reason, each time after another look', { timeout: 60_000 }, async () => {
    scene.answer(tampered);
    const arbiter = await scene.environment.client.workflow.start('environment', {
      taskQueue: 'control',
      workflowId: environmentId('unread', 'production'),
      args: [{ model: 'unread', environment: 'production' }],
    });
    const looks = () => scene.callsOf('recoverEnvironment').filter((call) => JSON.stringify(call).includes('unread'));
    for (const requestId of ['r1', 'r2']) {
      const before = looks().length;
      await assert.rejects(
        arbiter.executeUpdate(rollbackUpdate, { args: [{ requestId, by: 'oncall', reason: 'errors' }] }),
        (error: unknown) => {
          assert.ok(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure);
          assert.equal(error.cause.type, 'ledger_tampered');
          assert.match(error.cause.message, /production cannot begin: the chain does not continue/);
          return true;
        },
      );
      if (requestId === 'r2') assert.equal(looks().length, before + 1);
    }
    assert.equal((await arbiter.describe()).status.name, 'RUNNING');
  });

  it('waits longer than a day for what only does not answer', { timeout: 60_000 }, async () => {
    let down = true;
    scene.answer({
      ...immediately(),
      recoverEnvironment: () => {
        if (down) throw ApplicationFailure.retryable('no answer', 'store_unavailable');
        return { epoch: 0 };
      },
    });
    const release = await releaseOf(scene, 'away', 'a', 1);
    await untilView(release, ({ stages }) =>
      stages.some(({ name, status }) => name === 'deploy' && status === 'running'),
    );
    await scene.environment.sleep('25 hours');
    assert.equal((await arbiterOf(scene, 'away').describe()).status.name, 'RUNNING');
    down = false;
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
    await untilSeen(
      () => stateOf(scene, 'away'),
      ({ champion }) => champion?.artifactDigest === digest('a'),
    );
  });
});
