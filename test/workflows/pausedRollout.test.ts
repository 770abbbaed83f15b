/** A pause outlives the worker that took it: kill -9, and another one a day later. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { RolloutView } from '../../src/domain/rollout/types.js';
import {
  decideUpdate,
  pauseSignal,
  releaseId,
  resumeSignal,
  rolloutId,
  rolloutStateQuery,
} from '../../workflows/messages.js';
import { startTimeSkipping } from '../servers/timeSkipping.js';
import { untilSeen, untilView } from './acts.js';
import { inputOf } from './cast.js';
import { startCastWorker, type CastWorker } from './castWorkerProcess.js';

const BUNDLE = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
const said = { by: 'oncall', reason: 'latency looks odd' };

let environment: TestWorkflowEnvironment;
const workers: CastWorker[] = [];
before(async () => {
  environment = await startTimeSkipping();
});
after(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await environment.teardown();
});

const startWorker = async (): Promise<CastWorker> => {
  const worker = await startCastWorker(environment.address, BUNDLE);
  workers.push(worker);
  return worker;
};
const shifts = ({ asked }: CastWorker): number => asked.filter(({ activity }) => activity === 'shiftTraffic').length;

it('a paused rollout is paused still when its worker died, and goes on when it is resumed', async () => {
  const first = await startWorker();
  const input = inputOf('a', 1);
  const options = { taskQueue: 'control', workflowId: releaseId(input.model, input.commit), args: [input] };
  const release = await environment.client.workflow.start('release', options);
  await untilView(release, ({ waiting }) => waiting !== undefined);
  await release.executeUpdate(decideUpdate, { args: [{ statement: 'approve reviewer j1' }] });
  const rollout = environment.client.workflow.getHandle(rolloutId(input.model, 'production', 1));
  const until = (status: RolloutView['status']): Promise<RolloutView | undefined> =>
    untilSeen(
      () => rollout.query<RolloutView>(rolloutStateQuery.name).catch(() => undefined),
      (view) => view?.status === status,
    );
  await until('holding');
  await rollout.signal(pauseSignal, said);
  await until('paused');
  assert.equal(shifts(first), 1);
  await first.kill();

  const second = await startWorker();
  await environment.sleep('1 day');
  const view = await until('paused');
  assert.deepEqual([view?.weight, view?.paused, shifts(second)], [10, said, 0]);
  await rollout.signal(resumeSignal, said);
  await until('holding');
  await environment.sleep('1 hour');
  await untilView(release, ({ outcome }) => outcome === 'promoted');
  assert.equal(shifts(second), 3, 'the other two steps, and all traffic');
});
