/** The processes of a whole node: several models that all grow, and what is left of the machine. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { VersionScale } from '../../src/domain/rollout/types.js';
import { testModel, type TestArtifact } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { childrenOf } from '../fixtures/processes.js';
import { startLoad, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

const PROCESSES = 3;
const GROWING = {
  environments: [
    {
      name: 'test',
      serving: { replicas: { min: 1, max: 3, inFlight: 1, coolDownMs: 1_000 }, coldStartMs: 60_000 },
    },
  ],
};
const MODELS = ['late', 'early'] as const;
type Model = (typeof MODELS)[number];

describe('the processes of a node', () => {
  let scene: Scene;
  let artifacts: Readonly<Record<Model, TestArtifact>>;
  let loads: SteadyLoad[] = [];
  /** Most that were there at once, of all looks so far. */
  let most = 0;
  before(async () => {
    scene = await openScene({ processes: PROCESSES });
    artifacts = {
      late: await scene.store(testModel(0.3), { spec: GROWING }),
      early: await scene.store(testModel(0.4), { spec: GROWING }),
    };
    for (const model of MODELS) await deploy(model, artifacts[model], 1);
  });
  afterEach(async () => {
    await Promise.all(loads.map((load) => load.stop()));
    loads = [];
  });
  after(() => scene.node.discard());

  const deploy = async (model: string, artifact: TestArtifact, epoch: number): Promise<void> => {
    const versions = [targetVersion(artifact, 100)];
    await scene.node.target.apply({ model, environment: 'test', fence: { epoch, seq: 1 }, versions });
    await eventually(async () => assert.equal((await observed(model)).ready, true), 30_000);
  };
  const observed = async (model: string) => (await scene.node.target.observe(model, 'test'))!.versions[0]!;
  const scaleOf = async (model: string): Promise<VersionScale> => (await observed(model)).scale!;
  const askAll = (model: Model): SteadyLoad => {
    const load = startLoad(`${scene.node.url()}/v2/models/${model}/infer`, ONE_ROW, 6);
    loads.push(load);
    return load;
  };
  const counts = async (): Promise<readonly number[]> => {
    most = Math.max(most, (await childrenOf(scene.node.pid())).length);
    return Promise.all(MODELS.map(async (model) => (await scaleOf(model)).replicas));
  };
  const come = (...wanted: readonly number[]): Promise<void> =>
    eventually(async () => assert.deepEqual(await counts(), wanted), 60_000);

  it('are what it has for all: one version grows until there are no more, and says so', async () => {
    const load = askAll('late');
    await come(2, 1);
    await eventually(async () => {
      const { wanted, reason } = await scaleOf('late');
      assert.equal(wanted, 3);
      assert.match(reason, /; the node has 3 processes for all versions \(serving\.processes\)$/);
    });
    await load.pass(50);
    assert.ok(most <= PROCESSES, `${most} at once`);
  });

  it('go to who has fewer, and are given back without a request that fails', async () => {
    const first = askAll('late');
    await come(2, 1);
    const second = askAll('early');
    // Both have one, and the third stays where it is: it cannot be divided.
    await eventually(async () => assert.equal((await scaleOf('early')).wanted, 3), 30_000);
    await come(2, 1);
    await first.stop();
    // Who has nothing to do gives it back after its cool-down; who waits for it gets it then.
    await come(1, 2);
    const again = askAll('late');
    await eventually(async () => assert.equal((await scaleOf('late')).wanted, 3), 30_000);
    await come(1, 2);
    for (const load of [second, again]) assert.deepEqual((await load.stop()).failures, []);
    assert.ok(most <= PROCESSES, `${most} at once`);
  });

  it('are never refused to the first of a version: who grew gives one back for it', async () => {
    const load = askAll('late');
    await come(2, 1);
    await deploy('third', scene.first, 1);
    assert.equal((await infer(scene.node.url(), ONE_ROW, {}, 'third')).status, 200);
    await come(1, 1);
    await eventually(async () => assert.match((await scaleOf('late')).reason, /serving\.processes/));
    await load.pass(50);
    assert.deepEqual((await load.stop()).failures, []);
  });
});

describe('the memory of a node', () => {
  it('is no more than what its processes may have together', async () => {
    const scene = await openScene({ nodeMemoryMiB: 128 });
    let load: SteadyLoad | undefined;
    try {
      const artifact = await scene.store(testModel(0.3), { spec: GROWING });
      await scene.apply(targetVersion(artifact, 100));
      await scene.ready(artifact.artifactDigest);
      load = startLoad(`${scene.node.url()}/v2/models/late/infer`, ONE_ROW, 6);
      await eventually(async () => {
        const { scale } = (await scene.node.target.observe('late', 'test'))!.versions[0]!;
        assert.equal(scale?.wanted, 3);
        assert.match(scale.reason, /; the node has 128 MiB for all versions \(serving\.nodeMemoryMiB\)$/);
      }, 30_000);
      assert.equal((await childrenOf(scene.node.pid())).length, 1);
      assert.deepEqual((await load.stop()).failures, []);
    } finally {
      await load?.stop();
      await scene.node.discard();
    }
  });
});
