import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { announceSignal, rolloutId } from '../../workflows/messages.js';
import { arbiterOf, canaryIn, declares, releaseOf, stateOf, untilSeen } from './acts.js';
import { allGoesWell, DAY, digest, oneStep } from './cast.js';
import { openRealScene, type Scene } from './scene.js';

let scene: Scene;
before(async () => {
  // The time-skipping server tells a parent nothing of a child that was terminated.
  scene = await openRealScene(allGoesWell(() => scene.environment.client.workflow));
});
after(() => scene.end());

describe('an arbiter whose rollout is killed', () => {
  it('notices also where it has grown past its limit, and goes on', async () => {
    scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
    await releaseOf(scene, 'killed', 'a', 1);
    const state = () => stateOf(scene, 'killed').catch(() => undefined);
    await untilSeen(state, (seen) => seen?.champion?.artifactDigest === digest('a'));
    scene.answer(declares(canaryIn('production', oneStep(DAY, DAY))));
    await releaseOf(scene, 'killed', 'b', 2);
    await untilSeen(state, (seen) => seen?.active?.epoch === 2);
    const arbiter = arbiterOf(scene, 'killed');
    const repeat = { releaseId: 'release/killed/known', order: 2 };
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 80 }, () => arbiter.signal(announceSignal, repeat)));
      await state();
    }
    const { historyLength, runId } = await arbiter.describe();
    assert.ok(historyLength > 1_500, 'it must be past its limit');
    await scene.environment.client.workflow.getHandle(rolloutId('killed', 'production', 2)).terminate('by the test');
    const ended = await untilSeen(state, (seen) => seen !== undefined && seen.active === undefined);
    assert.deepEqual([ended?.champion?.artifactDigest, ended?.history[0]?.outcome], [digest('a'), 'rolled_back']);
    scene.answer(declares(canaryIn('production', { strategy: 'immediate' })));
    await releaseOf(scene, 'killed', 'c', 3);
    await untilSeen(state, (seen) => seen?.champion?.artifactDigest === digest('c'));
    await untilSeen(
      () => arbiter.describe(),
      (seen) => seen.runId !== runId,
    );
    const continued = await stateOf(scene, 'killed');
    assert.deepEqual(
      [continued.champion?.artifactDigest, continued.epoch, continued.history.length],
      [digest('c'), 3, 3],
      'idle again, it continues as new, and takes along what it knows',
    );
    assert.equal(scene.callsOf('recoverEnvironment').length, 1, 'from its own state, and not from memory');
  });
});
