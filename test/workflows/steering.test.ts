import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { RolloutSpec } from '../../src/domain/spec/types.js';
import type { TargetCommand } from '../../src/domain/rollout/types.js';
import {
  environmentId,
  pauseSignal,
  promoteSignal,
  releaseId,
  resumeSignal,
  rollbackUpdate,
  supersedeSignal,
} from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen } from './acts.js';
import { allGoesWell, DAY, digest, oneStep, pass } from './cast.js';
import { beginRollout, untilRollout, versionOf } from './rollouts.js';
import { openScene, type Fakes, type Scene } from './scene.js';

let scene: Scene;
const usual = (): Fakes => allGoesWell(() => scene.environment.client.workflow);
before(async () => {
  scene = await openScene(usual());
});
afterEach(() => scene.answer(usual()));
after(() => scene.end());

const undecided: Fakes = {
  analyseStep: ({ index, step }) => ({ ...pass(index, step.weight), verdict: 'inconclusive', reason: 'too noisy' }),
};
/** A canary that holds, and whose looks find nothing out. */
const midCanary = async (model: string, spec: RolloutSpec): Promise<WorkflowHandle> => {
  const { rollout } = await beginRollout(scene, model, spec, undecided);
  await untilRollout(rollout, 'holding');
  return rollout;
};

describe('a canary that cannot be decided', () => {
  it('is looked at a bounded number of times after a promotion', async () => {
    const rollout = await midCanary('promoted', oneStep(3_600_000));
    const before = scene.callsOf('analyseStep').length;
    await rollout.signal(promoteSignal, { by: 'oncall' });
    const outcome = await scene.endOf<{ kind: string; reason: string }>(rollout);
    assert.equal(outcome.kind, 'aborted');
    assert.match(outcome.reason, /too noisy; the step's deadline of 3600 s has passed/);
    const looks = scene.callsOf('analyseStep').length - before;
    assert.ok(looks > 1 && looks < 60, `${looks} looks`);
  });

  it('does not spend its deadline in a pause', async () => {
    const rollout = await midCanary('paused', oneStep(7_200_000, 3_600_000));
    await rollout.signal(pauseSignal, { by: 'oncall', reason: 'lunch' });
    await untilRollout(rollout, 'paused');
    await scene.environment.sleep(DAY);
    const before = scene.callsOf('analyseStep').length;
    await rollout.signal(resumeSignal, { by: 'oncall' });
    await scene.endOf(rollout);
    assert.ok(scene.callsOf('analyseStep').length - before > 1, 'the first look after the pause was the last');
  });
});

describe('a canary under way', () => {
  it('gives way to a rollback, and does not hold its steps to the end first', async () => {
    await midCanary('giving-way', oneStep(DAY, 3_600_000));
    const request = { requestId: 'back', to: versionOf('9'), by: 'oncall', reason: 'wrong answers' };
    await arbiterOf(scene, 'giving-way').executeUpdate(rollbackUpdate, { args: [request] });
    const { history } = await untilSeen(
      () => stateOf(scene, 'giving-way'),
      ({ champion }) => champion?.artifactDigest === digest('9'),
    );
    assert.deepEqual(
      history.map(({ epoch, kind, outcome }) => [epoch, kind, outcome]),
      [
        [3, 'rollback', 'deployed'],
        [2, 'release', 'rolled_back'],
        [1, 'release', 'deployed'],
      ],
    );
  });

  it('puts all traffic back also where its workflow is cancelled', async () => {
    const rollout = await midCanary('cancelled-rollout', oneStep(DAY, 3_600_000));
    await rollout.cancel();
    const outcome = await scene.endOf<{ kind: string; trafficRestored: boolean }>(rollout);
    assert.deepEqual([outcome.kind, outcome.trafficRestored], ['aborted', true]);
    const last = scene.callsOf('shiftTraffic').at(-1) as TargetCommand;
    assert.deepEqual(
      last.versions.map(({ artifactDigest, weight }) => [artifactDigest, weight]),
      [[digest('a'), 100]],
    );
  });

  it('of the last environment is not given up for a newer commit: its traffic moves already', async () => {
    const rollout = await midCanary('no-return', oneStep(DAY, 3_600_000));
    const release = scene.environment.client.workflow.getHandle(releaseId('no-return', 'b'.repeat(40)));
    await release.signal(supersedeSignal, { by: 'release/no-return/newer', order: 3 });
    scene.answer(usual());
    await rollout.signal(promoteSignal, { by: 'oncall' });
    const view = await scene.endOf<{ outcome: string; reason: string }>(release);
    assert.equal(view.outcome, 'promoted', view.reason);
  });
});

describe('a rollback', () => {
  it('that comes while the arbiter still recovers waits for what ledger and target remember', async () => {
    const previous = versionOf('9');
    let go = (): void => undefined;
    const recovering = new Promise<void>((resolve) => (go = resolve));
    scene.answer({
      recoverEnvironment: () => recovering.then(() => ({ epoch: 7, champion: versionOf('a'), previous })),
    });
    const arbiter = await scene.environment.client.workflow.start('environment', {
      taskQueue: 'control',
      workflowId: environmentId('recovering', 'production'),
      args: [{ model: 'recovering', environment: 'production' }],
    });
    const asked = await arbiter.startUpdate(rollbackUpdate, {
      args: [{ requestId: 'back', by: 'oncall', reason: 'wrong answers' }],
      waitForStage: 'ACCEPTED',
    });
    go();
    assert.deepEqual(await asked.result(), { requestId: 'back', to: previous });
    const state = await untilSeen(
      () => stateOf(scene, 'recovering'),
      (seen) => seen.champion?.artifactDigest === digest('9'),
    );
    assert.equal(state.epoch, 8);
  });
});

describe('a release that is cancelled', () => {
  it('is not deployed by an environment that was asked and has not answered', async () => {
    scene.answer(declares(canaryIn('staging', oneStep(DAY, 3_600_000)), canaryIn('production')));
    const first = await scene.endOf<{ outcome: string }>(await releaseOf(scene, 'cancelled', 'a', 1));
    assert.equal(first.outcome, 'promoted');
    const second = await releaseOf(scene, 'cancelled', 'b', 2);
    await untilSeen(
      () => stateOf(scene, 'cancelled', 'staging'),
      ({ active }) => active?.epoch === 2,
    );
    await second.cancel();
    const view = await scene.endOf<{ outcome: string }>(second);
    assert.equal(view.outcome, 'cancelled');
    const staging = await untilSeen(
      () => stateOf(scene, 'cancelled', 'staging'),
      ({ active }) => active === undefined,
    );
    assert.deepEqual([staging.champion?.artifactDigest, staging.history[0]?.outcome], [digest('a'), 'rolled_back']);
  });
});
