import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServingSpec } from '../../src/domain/spec/types.js';
import type { ObservedVersion, TrafficCounters } from '../../src/domain/rollout/types.js';
import type { TestArtifact } from '../fixtures/artifact.js';
import { testModel } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { childrenOf } from '../fixtures/processes.js';
import { startLoad } from '../fixtures/steadyLoad.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

const SERVING: ServingSpec = {
  replicas: { min: 0, max: 2, inFlight: 2, coolDownMs: 1_000 },
  idleMs: 1_000,
  coldStartMs: 60_000,
};
const declaring = (serving: ServingSpec) => ({ environments: [{ name: 'test', serving }] });

describe('replicas by load', () => {
  let scene: Scene;
  let elastic: TestArtifact;
  let hasty: TestArtifact;
  before(async () => {
    scene = await openScene();
    elastic = await scene.store(testModel(0.3), { spec: declaring(SERVING) });
    hasty = await scene.store(testModel(0.4), { spec: declaring({ ...SERVING, coldStartMs: 1 }) });
    await scene.apply(targetVersion(elastic, 100));
    await scene.ready(elastic.artifactDigest);
  });
  after(() => scene.node.discard());

  const url = (): string => `${scene.node.url()}/v2/models/${MODEL}/infer`;
  const ask = (headers: Record<string, string> = {}) => infer(scene.node.url(), ONE_ROW, headers);
  const servers = async (): Promise<readonly number[]> => (await childrenOf(scene.node.pid())).map(({ pid }) => pid);
  const observed = async (): Promise<ObservedVersion> =>
    (await scene.node.target.observe(MODEL, 'test'))!.versions.find(({ role }) => role === 'champion')!;
  const counted = async (): Promise<TrafficCounters> => (await scene.node.target.measure(MODEL, 'test')).counters[0]!;
  const metrics = async (): Promise<string> => (await fetch(`${scene.node.url()}/metrics`)).text();
  const sleeps = (): Promise<void> =>
    eventually(async () => {
      assert.equal((await observed()).scale?.asleep, true);
      assert.deepEqual(await servers(), []);
    }, 60_000);
  const hasReplicas = (wanted: number): Promise<void> =>
    eventually(async () => {
      assert.equal((await servers()).length, wanted);
      const version = new RegExp(`slipway_version_replicas\\{[^}]*role="champion"[^}]*\\} ${wanted}`);
      assert.match(await metrics(), version);
    }, 60_000);

  it('load brings a second process, whose requests are counted with those of the first, and its end gives it back', async () => {
    const load = startLoad(url(), ONE_ROW, 12);
    await hasReplicas(2);
    await eventually(async () => assert.match((await observed()).scale!.reason, /requests were under way, and 2 are/));
    await load.pass(500);
    const { answered, failures } = await load.stop();
    assert.deepEqual(failures, []);
    assert.equal((await counted()).requests, answered);
    await sleeps();
    const { requests, rows } = await counted();
    assert.deepEqual([requests, rows], [answered, answered], 'what they counted outlives them');
    const logged = await loggedRows(scene.node.store);
    assert.equal(logged.length, answered, 'the logs of both are one');
    assert.equal(new Set(logged.map((row) => row['prediction_id'])).size, answered);
  });

  it('a version that sleeps is ready for whoever asks, and nobody who only looks wakes it', async () => {
    await sleeps();
    const state = await observed();
    assert.deepEqual([state.ready, state.servedDigest, state.restarts], [true, elastic.artifactDigest, 0]);
    assert.deepEqual(state.scale, { replicas: 0, asleep: true, reason: 'no request for 1 s' });
    for (const path of ['/v2/health/ready', `/v2/models/${MODEL}/ready`])
      assert.equal((await fetch(`${scene.node.url()}${path}`)).status, 200);
    assert.match(await metrics(), /slipway_version_replicas\{[^}]*role="champion"[^}]*\} 0/);
    await scene.node.target.measure(MODEL, 'test');
    assert.deepEqual(await servers(), []);
  });

  it('the first requests wake it: one start, however many wait, and each is answered', async () => {
    await sleeps();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.model_version]),
      answers.map(() => [200, elastic.artifactDigest.slice(7)]),
    );
    assert.equal((await servers()).length, 1);
    await sleeps();
  });

  it('sleeps through a restart of its node', async () => {
    await sleeps();
    await scene.node.crash();
    await scene.node.restart();
    const state = await observed();
    assert.deepEqual([state.scale?.asleep, state.ready], [true, true]);
    assert.deepEqual(await servers(), []);
    assert.equal((await ask()).status, 200);
    assert.equal((await counted()).requests, 1);
  });

  it('a replica that is killed under load costs no request', async () => {
    const load = startLoad(url(), ONE_ROW, 12);
    await hasReplicas(2);
    for (const at of [0, 1]) {
      await load.pass(200);
      await eventually(async () => assert.equal((await servers()).length, 2), 30_000);
      process.kill((await servers())[at]!, 'SIGKILL');
    }
    await load.pass(400);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(byVersion), [elastic.artifactDigest.slice(7)]);
    assert.equal((await observed()).restarts, 2);
  });

  it('is told at once that a start takes too long, and answered when it is over', async () => {
    await scene.apply(targetVersion(hasty, 100));
    await scene.ready(hasty.artifactDigest);
    await sleeps();
    const { status, headers, body } = await ask();
    assert.equal(status, 503);
    assert.match(headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
    assert.match(body.error!, /slept, and is being started/);
    await eventually(async () => assert.equal((await ask()).status, 200), 30_000);
  });

  it('nobody sleeps while a candidate is compared with its champion, and a command wakes who slept', async () => {
    await sleeps();
    await scene.apply(targetVersion(hasty, 90), targetVersion(elastic, 10, 'candidate'));
    await scene.ready(hasty.artifactDigest, elastic.artifactDigest);
    const since = performance.now();
    // Both would have slept twice by then.
    await eventually(async () => {
      assert.equal((await servers()).length, 2);
      assert.ok(performance.now() - since > 3_000);
    }, 30_000);
    await scene.apply(targetVersion(hasty, 100));
    await sleeps();
  });

  it('a version that declares nothing always has its one process', async () => {
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
    assert.equal((await observed()).scale, undefined);
    await eventually(async () => assert.equal((await servers()).length, 1), 30_000);
  });
});
