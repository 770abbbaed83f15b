import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { TestArtifact } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { startLoad, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { openOddScene, type OddScene } from './oddScene.js';
import { MODEL, ONE_ROW, targetVersion } from './scene.js';

describe('a model server that is up, and of no use', () => {
  let scene: OddScene;
  before(async () => {
    scene = await openOddScene({ deadlineMs: 1 });
  });
  after(() => scene.close());

  const ready = (...artifacts: TestArtifact[]): Promise<void> =>
    eventually(async () => {
      const state = await scene.target.observe(MODEL, 'test');
      for (const { artifactDigest } of artifacts)
        assert.equal(state?.versions.find((one) => one.artifactDigest === artifactDigest)?.ready, true);
    }, 30_000);
  const split = async (weight: number): Promise<void> => {
    for (const artifact of [scene.first, scene.second]) scene.tell(artifact, 'answers');
    await scene.apply(targetVersion(scene.first, 100 - weight), targetVersion(scene.second, weight, 'candidate'));
    await ready(scene.first, scene.second);
  };
  const countersOf = async ({ artifactDigest }: TestArtifact) =>
    (await scene.target.measure(MODEL, 'test')).counters.find((one) => one.artifactDigest === artifactDigest)!;
  const versionOf = ({ artifactDigest }: TestArtifact): string => artifactDigest.slice(7);
  /** Ends with its test, however that ends. */
  const loadOf = (test: TestContext, connections = 8): SteadyLoad => {
    const load = startLoad(scene.url, ONE_ROW, connections);
    test.after(async () => void (await load.stop()));
    return load;
  };
  const ask = () => infer(scene.node.inferenceUrl, ONE_ROW);

  it('that breaks its connections is taken out after five requests, and comes back when it answers', async (test) => {
    await split(50);
    scene.tell(scene.second, 'breaks');
    const load = loadOf(test);
    await eventually(async () => assert.ok(((await countersOf(scene.second)).ejections ?? 0) >= 2));
    assert.match(
      await scene.metrics(),
      new RegExp(`slipway_version_ejected\\{[^}]*${versionOf(scene.second)}[^}]*\\} 1`),
    );
    const { failures: lost } = await countersOf(scene.second);
    await load.pass(500);
    const more = (await countersOf(scene.second)).failures - lost;
    // Half of them without a breaker; each probe is one, and a server that was started again has five to lose.
    assert.ok(more <= 25, `${more} of 500 more requests went there`);
    scene.tell(scene.second, 'answers');
    await eventually(async () => assert.equal((await ask()).body.model_version, versionOf(scene.second)), 20_000);
    await load.pass(100);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures.slice(0, 3), []);
    assert.ok(byVersion[versionOf(scene.second)]! > 10, 'all of its share is back');
  });

  it('F50: that answers its health and no request is taken out, and then ended and started again', async (test) => {
    await split(50);
    const restartsOf = async () => (await scene.target.observe(MODEL, 'test'))!.versions[1]!.restarts;
    const before = await restartsOf();
    scene.tell(scene.second, 'hangs');
    const load = loadOf(test);
    // What it tells of itself is no sign of life.
    const metadata = `${scene.node.inferenceUrl}/v2/models/${MODEL}`;
    const asking = setInterval(
      () =>
        void fetch(metadata).then(
          (answer) => answer.arrayBuffer(),
          () => undefined,
        ),
      20,
    );
    test.after(() => clearInterval(asking));
    await eventually(async () => assert.ok(((await countersOf(scene.second)).ejections ?? 0) >= 1), 30_000);
    await load.pass(200);
    await eventually(async () => assert.equal(await restartsOf(), before + 1, 'it is given up'), 60_000);
    scene.tell(scene.second, 'answers');
    await ready(scene.second);
    await load.pass(100);
    assert.deepEqual((await load.stop()).failures.slice(0, 3), []);
  });

  it('is asked no more where there is no other: callers are told at once, until it answers again', async (test) => {
    await split(0);
    await scene.apply(targetVersion(scene.first, 100));
    scene.tell(scene.first, 'breaks');
    const load = loadOf(test, 16);
    await eventually(async () => assert.ok(((await countersOf(scene.first)).ejections ?? 0) >= 1), 30_000);
    scene.tell(scene.first, 'answers');
    await eventually(async () => assert.equal((await ask()).status, 200), 30_000);
    const { failures } = await load.stop();
    for (const failure of failures) assert.match(failure, /^503 .*no version of late is ready/);
  });

  it('that says it serves something else gets nothing, and what it says is told', async () => {
    await split(0);
    scene.tell(scene.second, 'lies');
    await scene.apply(targetVersion(scene.first, 50), targetVersion(scene.second, 50, 'candidate'));
    await eventually(async () => {
      const one = (await scene.target.observe(MODEL, 'test'))!.versions[1]!;
      assert.deepEqual([one.ready, one.reason], [false, `the model server serves sha256:${'f'.repeat(64)}`]);
    });
    for (let request = 0; request < 20; request += 1)
      assert.equal((await ask()).body.model_version, versionOf(scene.first));
  });

  it('F50: whose health check hangs gets nothing', async () => {
    await split(50);
    scene.tell(scene.second, 'sick');
    await eventually(async () => {
      const one = (await scene.target.observe(MODEL, 'test'))!.versions[1]!;
      assert.deepEqual([one.ready, one.reason], [false, 'the model server does not answer']);
    });
    for (let request = 0; request < 20; request += 1)
      assert.equal((await ask()).body.model_version, versionOf(scene.first));
  });

  it('that fails as a candidate fails nobody: the champion answers, as long as not too many are asked twice', async (test) => {
    await split(100);
    scene.tell(scene.second, 'fails');
    const load = loadOf(test);
    await load.pass(400);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual([failures.slice(0, 3), Object.keys(byVersion)], [[], [versionOf(scene.first)]]);
    const more = loadOf(test);
    await more.pass(1_000);
    const later = await more.stop();
    const share = later.failures.length / later.answered;
    assert.ok(share > 0.5 && share < 0.9, `${share}: four of five once the burst is used up`);
    assert.match(await scene.metrics(), /slipway_router_retries_denied_total\{[^}]*\} [1-9]/);
    assert.equal((await countersOf(scene.second)).ejections, undefined, 'it did answer');
  });

  it('that fails as a champion is not covered by a candidate', async () => {
    await split(50);
    scene.tell(scene.first, 'fails');
    const statuses = new Set<string>();
    for (let request = 0; request < 60; request += 1) {
      const { status, body } = await ask();
      statuses.add(`${status} ${body.model_version === versionOf(scene.first) ? 'champion' : 'candidate'}`);
    }
    assert.deepEqual([...statuses].sort(), ['200 candidate', '500 champion']);
  });
});
