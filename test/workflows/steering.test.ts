import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { EnvironmentSpec } from '../../src/domain/spec/types.js';
import type { RolloutView } from '../../src/domain/rollout/types.js';
import { pauseSignal, promoteSignal, resumeSignal, rolloutId, rolloutStateQuery } from '../../workflows/messages.js';
import { canaryIn, declares, releaseOf, stateOf, untilSeen } from './acts.js';
import { allGoesWell, DAY, digest, oneStep, pass } from './cast.js';
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
/** A champion of epoch 1, and a canary of epoch 2 that holds. */
const midCanary = async (model: string, rollout: EnvironmentSpec['rollout']): Promise<WorkflowHandle> => {
  scene.answer(declares(canaryIn('production', rollout)));
  const first = await scene.endOf<{ outcome: string }>(await releaseOf(scene, model, 'a', 1));
  assert.equal(first.outcome, 'promoted');
  scene.answer(undecided);
  await releaseOf(scene, model, 'b', 2);
  const handle = scene.environment.client.workflow.getHandle(rolloutId(model, 'production', 2));
  await untilSeen(
    () => handle.query(rolloutStateQuery).catch(() => undefined),
    (view?: RolloutView) => view?.status === 'holding',
  );
  return handle;
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
    await untilSeen(
      () => rollout.query(rolloutStateQuery),
      ({ status }) => status === 'paused',
    );
    await scene.environment.sleep(DAY);
    const before = scene.callsOf('analyseStep').length;
    await rollout.signal(resumeSignal, { by: 'oncall' });
    await scene.endOf(rollout);
    assert.ok(scene.callsOf('analyseStep').length - before > 1, 'the first look after the pause was the last');
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
