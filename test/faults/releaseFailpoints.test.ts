import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { resumedAfter, watchKills } from './failpoints.js';
import { openFaults, seconds, type FaultScene } from './scene.js';

/** Mostly of the worker that does the work; and those that end the one with the workflows before, or beside, a decision. */
const WORK = [
  'runChecks.reported',
  'buildModel.stored',
  'packageArtifact.stored',
  'packageArtifact.attested',
  'deployVersion.applied',
  'notify.delivered',
  'verifyDecision.judged',
  'shiftTraffic.asked',
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
      // Who was not reached when the evidence was put together is told beside the wait, by an activity of its own.
      if (failpoints === WORK) product.receiver.answer({ status: 503, keep: false });
      const name = scene.commit();
      const watch = watchKills(product, name, failpoints);
      await scene.approve(name);
      const { outcome, reason } = await scene.ended(name);
      assert.equal(outcome, 'promoted', reason);
      const kills = await watch.end();
      await scene.settle(test, `${kills.length} kills at ${failpoints.length} failpoints`, { [name]: 'promoted' });
      for (const [failpoint, ms] of Object.entries(await resumedAfter(product, kills)))
        test.diagnostic(`killed at ${failpoint}: went on after ${seconds(ms)}`);
    });
  });
}
