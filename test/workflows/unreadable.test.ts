import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideUpdate, environmentId, rollbackUpdate } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, digest } from './cast.js';
import { openScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  scene = await openScene(allGoesWell(() => scene.environment.client.workflow));
});
afterEach(() => scene.answer(allGoesWell(() => scene.environment.client.workflow)));
after(() => scene.end());

const NONSENSE: readonly unknown[] = [
  null,
  7,
  'text',
  [],
  {},
  { releaseId: 7, requestId: null, by: {}, outcome: null },
];

describe('messages that cannot be read', () => {
  it('stop no arbiter: it answers, and goes on deploying', async () => {
    const signals = ['announce', 'withdraw', 'requestDeployment', 'settled', 'takeRemediationLease'];
    const arbiter = await scene.environment.client.workflow.start('environment', {
      taskQueue: 'control',
      workflowId: environmentId('unread', 'production'),
      args: [{ model: 'unread', environment: 'production' }],
    });
    for (const name of [...signals, 'returnRemediationLease'])
      for (const message of NONSENSE) await arbiter.signal(name, message);
    assert.deepEqual((await stateOf(scene, 'unread')).queue, []);
    await assert.rejects(arbiter.executeUpdate(rollbackUpdate, { args: [null as never] }), (error: unknown) => {
      assert.ok(error instanceof WorkflowUpdateFailedError);
      assert.match(error.cause?.message ?? '', /no request for a rollback/);
      return true;
    });
    scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
    await releaseOf(scene, 'unread', 'a', 1);
    await untilSeen(
      () => stateOf(scene, 'unread'),
      ({ champion }) => champion?.artifactDigest === digest('a'),
    );
  });

  it('stop no release: it is still decided on', async () => {
    const release = await releaseOf(scene, 'read', 'b', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    for (const name of ['supersede', 'deploymentSettled', 'decide'])
      for (const message of NONSENSE) await release.signal(name, message);
    const receipt = await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j1' }] });
    assert.equal(receipt.state, 'approved');
    const view = await scene.endOf<ReleaseView>(release);
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.equal((await stateOf(scene, 'read')).champion?.artifactDigest, digest('b'));
  });

  it('are counted, and no longer listed, where they come in a storm', async () => {
    const release = await releaseOf(scene, 'storm', 'c', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await Promise.all(Array.from({ length: 450 }, () => release.signal('decide', { statement: 'approve nobody j0' })));
    const view = await untilView(release, ({ unlistedDecisions }) => (unlistedDecisions ?? 0) > 100);
    assert.ok(view.decisions.length <= 200, `${view.decisions.length} are listed`);
    await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j2' }] });
    assert.equal((await scene.endOf<ReleaseView>(release)).outcome, 'promoted');
  });
});
