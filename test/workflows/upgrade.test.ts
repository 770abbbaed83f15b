import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { decideUpdate, releaseId } from '../../workflows/messages.js';
import { startTimeSkipping } from '../servers/timeSkipping.js';
import { untilView } from './acts.js';
import { inputOf } from './cast.js';
import { startCastWorker, type CastWorker } from './castWorkerProcess.js';
import { announceAgain, BEFORE_BUILD, BEFORE_DEPLOY, BUNDLE, nextVersion } from './nextVersion.js';

const second = nextVersion(BUNDLE, announceAgain(BEFORE_BUILD, 'announced-twice'));
const third = nextVersion(second, announceAgain(BEFORE_DEPLOY, 'announced-at-the-door'));

let environment: TestWorkflowEnvironment;
let folder: string;
before(async () => {
  environment = await startTimeSkipping();
  folder = mkdtempSync(join(tmpdir(), 'slipway-upgrade-'));
});
after(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await environment.teardown();
  rmSync(folder, { recursive: true, force: true });
});

const workers: CastWorker[] = [];
const workerOf = async (name: string, code: string): Promise<CastWorker> => {
  const path = join(folder, `${name}.js`);
  writeFileSync(path, code);
  const worker = await startCastWorker(environment.address, path);
  workers.push(worker);
  return worker;
};

const begin = (commit: string): Promise<WorkflowHandle> => {
  const input = inputOf(commit, 1);
  const options = { taskQueue: 'control', workflowId: releaseId(input.model, input.commit), args: [input] };
  return environment.client.workflow.start('release', options);
};

const announcements = (asked: readonly unknown[]): number =>
  asked.filter((one) => (one as { signal?: string }).signal === 'announce').length;

describe('a release that waits over two changes of the code of workers', () => {
  it('is told on with the steps of its own time before the wait, and those of today after it', async () => {
    const first = await workerOf('first', BUNDLE);
    const release = await begin('a');
    await untilView(release, ({ waiting }) => waiting !== undefined);
    assert.equal(announcements(first.messages), 1);
    await first.kill();

    const upgraded = await workerOf('second', second);
    await environment.sleep('25 hours');
    await untilView(release, ({ waiting }) => waiting?.reminders === 1);
    assert.equal(announcements(upgraded.messages), 0, 'what it passed is not done anew');
    await upgraded.kill();

    const again = await workerOf('third', third);
    const receipt = await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer upgraded' }] });
    assert.equal(receipt.state, 'approved');
    await environment.sleep('1 hour');
    await untilView(release, ({ outcome }) => outcome === 'promoted');
    assert.equal(announcements(again.messages), 1, 'the step before its deployment is of the third version');
    await again.kill();
  });

  it('is caught where a change forgets the releases that wait', async () => {
    const worker = await workerOf('plain', BUNDLE);
    const release = await begin('b');
    await untilView(release, ({ waiting }) => waiting !== undefined);
    const history = await release.fetchHistory();
    await worker.kill();
    const replay = (code: string) => Worker.runReplayHistory({ workflowBundle: { code } }, history);
    await replay(third);
    await assert.rejects(replay(nextVersion(BUNDLE, announceAgain(BEFORE_BUILD))), DeterminismViolationError);
  });
});
