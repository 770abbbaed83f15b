import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { isAlive } from '../fixtures/processes.js';
import { startLoad } from '../fixtures/steadyLoad.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

describe('switching under steady load', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
  });
  after(() => scene.node.discard());

  const url = (): string => `${scene.node.url()}/v2/models/${MODEL}/infer`;

  it('moves all traffic 200 times without a failed request, and no request goes to a version without a share', async () => {
    const { first, second } = scene;
    const load = startLoad(url(), ONE_ROW);
    for (let turn = 0; turn < 200; turn += 1) {
      const weight = turn % 2 === 0 ? 100 : 0;
      await scene.apply(targetVersion(first, 100 - weight), targetVersion(second, weight, 'candidate'));
      await load.pass(10);
    }
    const { failures, byVersion, answered } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered >= 2_000);
    assert.equal(Object.keys(byVersion).length, 2);
    await scene.apply(targetVersion(first, 100), targetVersion(second, 0, 'candidate'));
    for (let request = 0; request < 50; request += 1)
      assert.equal((await infer(scene.node.url(), ONE_ROW)).body.model_version, first.artifactDigest.slice(7));
  });

  it('answers within the trace of its caller, as the model server does', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { headers } = await infer(scene.node.url(), ONE_ROW, { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    assert.match(headers.get('traceparent') ?? '', new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  });

  it('loads and removes versions without a failed request, and ends their processes', async () => {
    const { first, second } = scene;
    const load = startLoad(url(), ONE_ROW);
    for (let turn = 0; turn < 5; turn += 1) {
      await scene.apply(targetVersion(first, 100));
      await scene.apply(targetVersion(first, 100), targetVersion(second, 0, 'candidate'));
      await scene.ready(second.artifactDigest);
      const server = await scene.serverOf(second.artifactDigest);
      await scene.apply(targetVersion(first, 0), targetVersion(second, 100, 'candidate'));
      await load.pass(50);
      await scene.apply(targetVersion(first, 100));
      await eventually(() => assert.equal(isAlive(server), false));
    }
    assert.deepEqual((await load.stop()).failures, []);
  });

  it('lets the old version answer until the new one can, also where a command leaves it out', async () => {
    const { first, second } = scene;
    await scene.apply(targetVersion(first, 100));
    await scene.ready(first.artifactDigest);
    const load = startLoad(url(), ONE_ROW);
    await scene.apply(targetVersion(second, 100));
    await scene.ready(second.artifactDigest);
    await load.pass(50);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(
      (byVersion[first.artifactDigest.slice(7)] ?? 0) > 0 && (byVersion[second.artifactDigest.slice(7)] ?? 0) > 0,
    );
  });

  it('counts what was left to the shares, and not who asked for a version', async () => {
    const { first, second } = scene;
    await scene.apply(targetVersion(first, 0), targetVersion(second, 100, 'candidate'));
    await scene.ready(first.artifactDigest, second.artifactDigest);
    await scene.apply(targetVersion(first, 100), targetVersion(second, 0, 'candidate'));
    for (let request = 0; request < 12; request += 1) {
      assert.equal((await infer(scene.node.url(), '{}', { 'x-slipway-version': 'candidate' })).status, 400);
      assert.equal((await infer(scene.node.url(), ONE_ROW, { 'x-slipway-version': 'candidate' })).status, 200);
    }
    await infer(scene.node.url(), '{}');
    await infer(scene.node.url(), ONE_ROW);
    await eventually(async () => {
      const { counters } = await scene.node.target.measure(MODEL, 'test');
      assert.deepEqual(
        counters.map(({ artifactDigest, requests, failures, refused }) => [
          artifactDigest,
          requests,
          failures,
          refused,
        ]),
        [
          [first.artifactDigest, 1, 0, 1],
          [second.artifactDigest, 0, 0, 0],
        ],
      );
    });
  });

  it('keeps the share of a candidate that loads with the champion', async () => {
    const { first, second } = scene;
    await scene.apply(targetVersion(second, 100));
    await scene.apply(targetVersion(second, 1), targetVersion(first, 99, 'candidate'));
    const answer = await infer(scene.node.url(), ONE_ROW);
    assert.equal(answer.status, 200);
    await scene.ready(first.artifactDigest);
  });
});
