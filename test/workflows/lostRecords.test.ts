import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { decideUpdate } from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen, untilView } from './acts.js';
import { allGoesWell, digest, judge } from './cast.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const refused = (): never => {
  throw ApplicationFailure.nonRetryable('the chain does not continue', 'ledger_tampered');
};

describe('a record that is refused for good', () => {
  it('does not end the arbiter: it knows what runs, and says what is missing', async () => {
    scene.answer({ ...declares(canaryIn('production')), recordDeployment: refused });
    const view = await scene.endOf<{ outcome: string; reason: string }>(await releaseOf(scene, 'unwritten', 'a', 1));
    assert.equal(view.outcome, 'promoted', view.reason);
    const state = await stateOf(scene, 'unwritten');
    assert.deepEqual(
      [state.champion?.artifactDigest, state.history[0]?.unrecorded],
      [digest('a'), 'ledger_tampered: the chain does not continue'],
    );
    assert.equal((await arbiterOf(scene, 'unwritten').describe()).status.name, 'RUNNING');
  });

  it('is no deployment where nothing on record allows it: the champion stays, and who asked hears why', async () => {
    scene.answer(declares(canaryIn('production')));
    const first = await scene.endOf<{ outcome: string }>(await releaseOf(scene, 'unbelieved', 'a', 1));
    assert.equal(first.outcome, 'promoted');
    const unauthorised = (): never => {
      throw ApplicationFailure.nonRetryable('it may not run in production', 'deployment_unauthorised');
    };
    scene.answer({ ...declares(canaryIn('production')), recordDeployment: unauthorised });
    const second = await scene.endOf<{ outcome: string; reason: string }>(await releaseOf(scene, 'unbelieved', 'b', 2));
    assert.equal(second.outcome, 'failed');
    assert.match(second.reason, /it may not run in production/);
    const { champion, previous, active, history } = await stateOf(scene, 'unbelieved');
    assert.deepEqual(
      [champion?.artifactDigest, previous, active, history[0]?.outcome],
      [digest('a'), undefined, undefined, 'refused'],
    );
  });

  it('does not let neighbours wait for a release that has ended', async () => {
    scene.answer({
      ...declares(canaryIn('production')),
      buildModel: () => {
        throw ApplicationFailure.nonRetryable('train exited with code 3', 'step_failed');
      },
      finishRelease: refused,
    });
    const release = await releaseOf(scene, 'unfinished', 'a', 1);
    await assert.rejects(scene.endOf(release));
    const { announced } = await untilSeen(
      () => stateOf(scene, 'unfinished'),
      (state) => state.announced.length === 0,
    );
    assert.deepEqual(announced, []);
  });
});

describe('a decision that comes while the last one needed is judged', () => {
  it('is answered at once', async () => {
    let reached: () => void = () => undefined;
    let go: () => void = () => undefined;
    const judging = new Promise<void>((resolve) => (reached = resolve));
    const gate = new Promise<void>((resolve) => (go = resolve));
    scene.answer({
      verifyDecision: async ({ statement }) => {
        reached();
        await gate;
        return { record: judge(statement), evidenceChanged: false };
      },
    });
    const release = await releaseOf(scene, 'late', 'e', 1);
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const first = release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j1' }] });
    await judging;
    const late = release.startUpdate(decideUpdate, {
      args: [{ statement: 'reject reviewer j2' }],
      waitForStage: 'ACCEPTED',
    });
    const accepted = await late;
    // What comes after the approval must not matter: production is never reached before the answer.
    scene.answer({ shiftTraffic: () => new Promise(() => undefined) });
    go();
    assert.equal((await first).state, 'approved');
    await assert.rejects(accepted.result(), (error: unknown) => {
      assert.ok(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure);
      assert.equal(error.cause.type, 'not_waiting');
      return true;
    });
    await release.terminate('enough seen');
  });
});
