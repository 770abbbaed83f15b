import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { decideUpdate, environmentId } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, DAY } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const immediate = { strategy: 'immediate' } as const;
const slowly: EnvironmentSpec = {
  ...canaryIn('production', immediate),
  approval: { kind: 'required', roles: ['reviewer'], quorum: 1, remindAfterMs: 0, expireAfterMs: 75 * DAY },
};

/** A release that entered staging, and waits 61 days for its reviewer. */
const waitingFor61Days = async (model: string): Promise<WorkflowHandle> => {
  scene.answer(declares(canaryIn('staging', immediate), slowly));
  const release = await releaseOf(scene, model, 'c', 1);
  await untilView(release, ({ waiting }) => waiting !== undefined);
  await scene.environment.sleep('61 days');
  await untilView(release, ({ waiting }) => waiting !== undefined);
  return release;
};

const approve = (release: WorkflowHandle) =>
  release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j1' }] });

describe('an approval that takes longer than an environment may take to answer', () => {
  it('is followed by its deployment', { timeout: 60_000 }, async () => {
    const release = await waitingFor61Days('patient');
    await approve(release);
    const view = await scene.endOf<ReleaseView>(release);
    assert.equal(view.outcome, 'promoted', view.reason);
  });

  it('leaves the environment its 60 days, and not more', { timeout: 60_000 }, async () => {
    const release = await waitingFor61Days('unanswered');
    // Whoever is asked now never hears of it.
    scene.answer({ sendMessage: () => ({ delivered: true }) });
    await approve(release);
    const production = environmentId('unanswered', 'production');
    await untilSeen(
      async () => scene.callsOf('sendMessage') as readonly { workflowId: string; signal: string }[],
      (calls) => calls.some((call) => call.workflowId === production && call.signal === 'requestDeployment'),
    );
    await scene.environment.sleep('59 days');
    assert.equal((await untilView(release, () => true)).outcome, undefined);
    await scene.environment.sleep('2 days');
    const view = await untilView(release, ({ outcome }) => outcome !== undefined);
    assert.deepEqual([view.outcome, view.reason], ['failed', 'timed_out: production did not answer']);
  });

  it('leaves it the same where it was asked before the days of the first had passed', { timeout: 60_000 }, async () => {
    scene.answer(declares(canaryIn('staging', immediate), slowly));
    const release = await releaseOf(scene, 'overlapping', 'c', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await scene.environment.sleep('40 days');
    scene.answer({ sendMessage: () => ({ delivered: true }) });
    await approve(release);
    await untilView(release, ({ waiting }) => waiting === undefined);
    await scene.environment.sleep('59 days');
    assert.equal((await untilView(release, () => true)).outcome, undefined);
    await scene.environment.sleep('2 days');
    const view = await untilView(release, ({ outcome }) => outcome !== undefined);
    assert.deepEqual([view.outcome, view.reason], ['failed', 'timed_out: production did not answer']);
  });
});
