import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resumedAfter, watchKills } from './failpoints.js';
import { openFaults, type FaultScene } from './scene.js';

/** Effects of the worker that does the work, and of the one that has the workflows. */
const WORK = [
  'runChecks.reported',
  'buildModel.stored',
  'packageArtifact.stored',
  'packageArtifact.attested',
  'deployVersion.applied',
  'shiftTraffic.applied',
];
const CONTROL = [
  'pollSource.started',
  'sendMessage.sent',
  'prepareApproval.told',
  'verifyDecision.taken',
  'recordDeployment.recorded',
  'recordDeployment.pointed',
  'startMonitoring.scheduled',
  'finishRelease.recorded',
  'finishRelease.reported',
];

for (const [who, failpoints] of Object.entries({ WORK, CONTROL })) {
  describe(`given failpoints between effect and acknowledgement (${who.toLowerCase()})`, () => {
    let scene: FaultScene;
    before(async () => {
      scene = await openFaults({ env: { SLIPWAY_FAILPOINTS: failpoints.join(',') } });
    });
    after(() => scene.close());

    it(`F1 F2: when the worker dies at each of them, then the release is promoted and every effect is there once`, async (test) => {
      const { product } = scene;
      const name = scene.commit();
      const watch = watchKills(product, name, failpoints);
      await scene.approve(name);
      const { outcome, reason } = await scene.ended(name);
      assert.equal(outcome, 'promoted', reason);
      const kills = await watch.end();
      await scene.settle(test, `${kills.length} kills at ${failpoints.length} failpoints`, { [name]: 'promoted' });
      for (const [failpoint, ms] of Object.entries(await resumedAfter(product, kills)))
        test.diagnostic(`killed at ${failpoint}: went on after ${(ms / 1_000).toFixed(1)} s`);
    });
  });
}
