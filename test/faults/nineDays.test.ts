/** A release that takes nine days, through four deaths of its worker and two changes of the worker's code. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { decideUpdate, environmentId, environmentStateQuery, releaseId } from '../../workflows/messages.js';
import { startTimeSkipping } from '../servers/timeSkipping.js';
import { untilSeen, untilView } from '../workflows/acts.js';
import { DAY, inputOf } from '../workflows/cast.js';
import { startCastWorker, type CastWorker } from '../workflows/castWorkerProcess.js';
import { announceAgain, BEFORE_BUILD, BEFORE_DEPLOY, BUNDLE, nextVersion } from '../workflows/nextVersion.js';

const second = nextVersion(BUNDLE, announceAgain(BEFORE_BUILD, 'announced-twice'));
const third = nextVersion(second, announceAgain(BEFORE_DEPLOY, 'announced-at-the-door'));

let environment: TestWorkflowEnvironment;
let folder: string;
const workers: CastWorker[] = [];
before(async () => {
  environment = await startTimeSkipping();
  folder = mkdtempSync(join(tmpdir(), 'slipway-nine-days-'));
});
after(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await environment.teardown();
  rmSync(folder, { recursive: true, force: true });
});

const workerOf = async (code: string, hangs?: string): Promise<CastWorker> => {
  const path = join(folder, `${workers.length}.js`);
  writeFileSync(path, code);
  const worker = await startCastWorker(environment.address, path, {
    cast: 'patient',
    ...(hangs === undefined ? {} : { hangs }),
  });
  workers.push(worker);
  return worker;
};

describe('a release of nine days', () => {
  it('is promoted as if nothing had happened', { timeout: 180_000 }, async (test) => {
    const input = inputOf('d', 1);
    const began = await environment.currentTimeMs();
    const tell = async (what: string): Promise<void> => {
      const days = ((await environment.currentTimeMs()) - began) / DAY;
      test.diagnostic(`day ${days.toFixed(1)}: ${what}`);
    };
    const passTo = async (day: number): Promise<void> => {
      const left = began + day * DAY - (await environment.currentTimeMs());
      await environment.sleep(Math.max(1, left));
    };

    let worker = await workerOf(BUNDLE, 'buildModel');
    const release = await environment.client.workflow.start('release', {
      taskQueue: 'control',
      workflowId: releaseId(input.model, input.commit),
      args: [input],
    });
    await worker.untilAsked('buildModel');
    await worker.kill();
    await tell('the worker dies while the model is built');
    worker = await workerOf(BUNDLE);
    // The server notices the dead by the heartbeats that are missing.
    await environment.sleep('5 minutes');
    await untilView(release, ({ waiting }) => waiting !== undefined);
    await tell('built, in test and staging, gates passed; two people are asked');

    await passTo(1.5);
    await worker.kill();
    await tell('the worker dies while nobody decides');
    worker = await workerOf(second);
    await passTo(2.5);
    await untilView(release, ({ waiting }) => waiting?.climbed?.reminders === 1);
    await tell('back with the second version of its code: a reminder was sent');

    await passTo(3.5);
    const delegated = await untilView(
      release,
      ({ waiting }) => waiting?.climbed?.delegated.includes('reviewer') === true,
    );
    assert.equal(delegated.waiting?.climbed?.escalated, false);
    await tell('deputies may decide');
    await worker.kill();

    worker = await workerOf(second, 'verifyDecision');
    await passTo(4);
    const first = release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer first' }] });
    await worker.untilAsked('verifyDecision');
    await worker.kill();
    await tell('a reviewer approves, and the worker dies while it judges that');
    worker = await workerOf(third);
    await environment.sleep('5 minutes');
    const waits = { jti: 'first', counted: true, state: 'waiting', stands: '1 of 2 approvals' };
    assert.deepEqual(await first, waits);
    await tell('back with the third version of its code: the decision counts, one of two');

    await passTo(6);
    await untilView(release, ({ waiting }) => waiting?.climbed?.escalated === true);
    await tell('escalated');
    await worker.kill();
    worker = await workerOf(third, 'analyseStep');
    await passTo(8.5);
    const receipt = await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve lead second' }] });
    assert.equal(receipt.state, 'approved');
    await tell('the lead approves: the canary begins');
    // Time stands still while an activity is under way: whoever waits for it must not wait for time.
    const passing = passTo(9.5);
    await worker.untilAsked('analyseStep');
    await worker.kill();
    await tell('the worker dies in the middle of the canary');
    worker = await workerOf(third);
    await passing;
    const { outcome, decisions } = await untilView(release, (view) => view.outcome !== undefined);
    await tell(`${String(outcome)}`);

    assert.equal(outcome, 'promoted');
    assert.deepEqual(
      decisions.map(({ subject, counted }) => [subject, counted]),
      [
        ['reviewer', true],
        ['lead', true],
      ],
    );
    const asked = workers.flatMap((one) => one.asked.map(({ activity }) => activity));
    const times = (activity: string): number => asked.filter((one) => one === activity).length;
    assert.deepEqual(
      ['runChecks', 'buildModel', 'packageArtifact', 'prepareApproval', 'finishRelease'].map(times),
      [1, 2, 1, 1, 1],
      'only what died half-way was asked for again',
    );
    const production = environment.client.workflow.getHandle(environmentId(input.model, 'production'));
    const state = await untilSeen(
      () => production.query(environmentStateQuery),
      ({ champion }) => champion !== undefined,
    );
    assert.deepEqual([state.epoch, state.history.length, state.champion?.releaseId], [1, 1, release.workflowId]);
    await Worker.runReplayHistory({ workflowBundle: { code: third } }, await release.fetchHistory());
  });
});
