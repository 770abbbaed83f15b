/** Workers of two builds on a real server: which workflow stays with the build that began it, and which moves on. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { openTemporalClient } from '../../../src/adapters/temporal/connection.js';
import { abortSignal, environmentId, releaseId, rolloutId, rolloutStateQuery } from '../../../workflows/messages.js';
import { eventually } from '../../fixtures/eventually.js';
import { startTemporal, type TemporalServer } from '../../servers/temporal.js';
import { inputOf } from '../../workflows/cast.js';

interface Pool {
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/** As in deploy/kubernetes: workflows in one deployment, activities in another. */
const CONTROL = { deploymentName: 'slipway/worker-control', queues: 'control' };
const HANDS = { deploymentName: 'slipway/worker-hands', queues: 'build,serve,monitor' };
const ARBITER = environmentId('m', 'production');
const SLOW = 60_000;

describe('workers in a Worker Deployment', () => {
  let server: TemporalServer;
  let client: Client;
  const pools: Pool[] = [];
  before(async () => {
    server = await startTemporal();
    client = openTemporalClient({ address: server.address, namespace: 'default' });
  });
  after(async () => {
    await Promise.all(pools.map((pool) => pool.stop()));
    await client.connection.close();
    await server.stop();
  });

  const startPool = ({ deploymentName, queues }: typeof CONTROL, buildId?: string): Pool => {
    const version = buildId === undefined ? [] : [deploymentName, buildId];
    const program = fileURLToPath(new URL('versionedWorker.js', import.meta.url));
    const child: ChildProcess = fork(program, [server.address, queues, ...version]);
    const ended = once(child, 'exit');
    const asked: string[] = [];
    child.on('message', ({ activity }: { readonly activity: string }) => asked.push(activity));
    const pool = { asked, stop: () => (child.kill(), ended.then(() => undefined)) };
    pools.push(pool);
    return pool;
  };

  const listed = async (deploymentName: string) => {
    const { workerDeploymentInfo } = await client.workflowService.describeWorkerDeployment({
      namespace: 'default',
      deploymentName,
    });
    return {
      builds: (workerDeploymentInfo?.versionSummaries ?? []).map((one) => one.deploymentVersion?.buildId).sort(),
      current: workerDeploymentInfo?.routingConfig?.currentDeploymentVersion?.buildId,
    };
  };

  const makeCurrent = async (buildId: string): Promise<void> => {
    for (const { deploymentName } of [CONTROL, HANDS]) {
      await eventually(async () => assert.ok((await listed(deploymentName)).builds.includes(buildId)), SLOW);
      // A build is listed with its first task queue, and refused until it asks for all those of the current one.
      await eventually(async () => {
        await client.workflowService.setWorkerDeploymentCurrentVersion({
          ...{ namespace: 'default', deploymentName, buildId, identity: 'test' },
        });
      }, SLOW);
      assert.equal((await listed(deploymentName)).current, buildId);
    }
  };

  const begin = (commit: string, order: number) => {
    const input = inputOf(commit, order);
    const workflowId = releaseId(input.model, input.commit);
    return client.workflow.start('release', { taskQueue: 'control', workflowId, args: [input] });
  };

  /** Builds that told a workflow, in their order, each once; `none`: a worker without a version. */
  const toldBy = async (workflowId: string): Promise<readonly string[]> => {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const builds = (events ?? []).flatMap(({ workflowTaskCompletedEventAttributes: told }) =>
      (told ?? undefined) === undefined ? [] : [told?.deploymentVersion?.buildId ?? 'none'],
    );
    return [...new Set(builds)];
  };

  const status = async (epoch: number): Promise<string> =>
    (await client.workflow.getHandle(rolloutId('m', 'production', epoch)).query(rolloutStateQuery)).status;

  it('take over what began without versions; then a rollout ends where it began, and all others move on', async () => {
    const before = [startPool(CONTROL), startPool(HANDS)];
    const first = await begin('a', 1);
    assert.equal(((await first.result()) as { readonly outcome: string }).outcome, 'promoted');
    assert.deepEqual(await toldBy(rolloutId('m', 'production', 1)), ['none']);
    for (const pool of before) await pool.stop();

    const one = { control: startPool(CONTROL, 'one'), hands: startPool(HANDS, 'one') };
    await makeCurrent('one');
    const second = await begin('b', 2);
    await eventually(async () => assert.equal(await status(2), 'holding'), SLOW);
    assert.deepEqual(await toldBy(ARBITER), ['none', 'one']);

    const two = { control: startPool(CONTROL, 'two'), hands: startPool(HANDS, 'two') };
    await makeCurrent('two');
    assert.deepEqual((await listed(CONTROL.deploymentName)).builds, ['one', 'two']);
    const heard = one.hands.asked.length;
    const rollout = client.workflow.getHandle(rolloutId('m', 'production', 2));
    await rollout.signal(abortSignal, { by: 'oncall', reason: 'latency looks odd' });
    assert.equal(((await second.result()) as { readonly outcome: string }).outcome, 'rolled_back');

    assert.deepEqual(await toldBy(rollout.workflowId), ['one'], 'a rollout is told by one build');
    assert.deepEqual(await toldBy(second.workflowId), ['one', 'two']);
    assert.deepEqual(await toldBy(ARBITER), ['none', 'one', 'two']);
    // The hands are a deployment of their own: a rollout of an old build is served by those of today.
    assert.ok(two.hands.asked.includes('shiftTraffic'));
    assert.equal(one.hands.asked.length, heard);
  });
});
