import assert from 'node:assert/strict';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { childrenOf, isAlive } from '../fixtures/processes.js';
import { startLoad } from '../fixtures/steadyLoad.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

describe('when processes die', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
    await scene.apply(targetVersion(scene.first, 50), targetVersion(scene.second, 50, 'candidate'));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
  });
  after(() => scene.node.discard());

  const url = (): string => `${scene.node.url()}/v2/models/${MODEL}/infer`;

  it('F49: a model server killed under load fails no request, is started again, and its losses are counted', async () => {
    const load = startLoad(url(), ONE_ROW);
    let lost = 0;
    for (const artifact of [scene.first, scene.second, scene.first, scene.second]) {
      await load.pass(100);
      const server = await scene.serverOf(artifact.artifactDigest);
      process.kill(server, 'SIGKILL');
      await load.pass(200);
      await scene.ready(artifact.artifactDigest);
      const measured = await scene.node.target.measure(MODEL, 'test');
      lost += measured.counters.find((one) => one.artifactDigest === artifact.artifactDigest)!.failures;
    }
    assert.deepEqual((await load.stop()).failures, []);
    assert.ok(lost > 0, 'the version that died has the failures, not the callers');
    const state = await scene.node.target.observe(MODEL, 'test');
    assert.deepEqual(
      state?.versions.map((version) => version.restarts),
      [2, 2],
    );
  });

  it('says of a version how often its server ended since the last command', async () => {
    const restarts = async (): Promise<readonly unknown[]> =>
      (await scene.node.target.measure(MODEL, 'test')).counters.map((one) => one.restarts);
    assert.deepEqual(await restarts(), [2, 2]);
    await scene.apply(targetVersion(scene.first, 50), targetVersion(scene.second, 50, 'candidate'));
    assert.deepEqual(await restarts(), [undefined, undefined]);
    process.kill(await scene.serverOf(scene.second.artifactDigest), 'SIGKILL');
    await eventually(async () => assert.deepEqual(await restarts(), [undefined, 1]));
    await scene.ready(scene.second.artifactDigest);
  });

  it('works in an empty folder: a model that finds a way to name files finds none', async () => {
    const server = await scene.serverOf(scene.first.artifactDigest);
    const folder = await readlink(`/proc/${server}/cwd`);
    assert.notEqual(folder, await readlink(`/proc/${scene.node.pid()}/cwd`));
    assert.deepEqual(await readdir(folder), []);
  });

  it('waits for the only version when it dies, instead of failing', async () => {
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
    const load = startLoad(url(), ONE_ROW);
    await load.pass(100);
    process.kill(await scene.serverOf(scene.first.artifactDigest), 'SIGKILL');
    await load.pass(200);
    assert.deepEqual((await load.stop()).failures, []);
  });

  it('F50: a model server that hangs gets no traffic, is ended and started again; its requests are answered elsewhere', async () => {
    await scene.apply(targetVersion(scene.first, 50), targetVersion(scene.second, 50, 'candidate'));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
    const load = startLoad(url(), ONE_ROW);
    await load.pass(100);
    const server = await scene.serverOf(scene.second.artifactDigest);
    process.kill(server, 'SIGSTOP');
    const unready = new RegExp(`slipway_version_ready\\{[^}]*${scene.second.artifactDigest.slice(7)}[^}]*\\} 0`);
    await eventually(async () => {
      assert.match(await (await fetch(`${scene.node.url()}/metrics`)).text(), unready);
    });
    assert.ok(isAlive(server), 'it gets no traffic before it is given up');
    await load.pass(200);
    await eventually(() => assert.equal(isAlive(server), false), 30_000);
    await scene.ready(scene.second.artifactDigest);
    assert.deepEqual((await load.stop()).failures, []);
  });

  it('F3, F48: a node killed and started again serves the same digest under the same fence', async () => {
    const { node, first, second } = scene;
    await scene.apply(targetVersion(first, 0), targetVersion(second, 100, 'candidate'));
    const before = await scene.ready(first.artifactDigest, second.artifactDigest);
    const children = await childrenOf(node.pid());
    assert.equal(children.length, 2);
    await node.crash();
    await assert.rejects(
      node.target.observe(MODEL, 'test'),
      (error) => error instanceof SlipwayError && error.code === 'target_unreachable',
    );
    await eventually(() =>
      assert.deepEqual(
        children.filter((child) => isAlive(child.pid)),
        [],
        'model servers die with their node',
      ),
    );
    await node.restart();
    const after = await scene.ready(first.artifactDigest, second.artifactDigest);
    assert.deepEqual(after.fence, before.fence);
    assert.deepEqual(
      after.versions.map(({ artifactDigest, weight, role, servedDigest }) => ({
        artifactDigest,
        weight,
        role,
        servedDigest,
      })),
      before.versions.map(({ artifactDigest, weight, role, servedDigest }) => ({
        artifactDigest,
        weight,
        role,
        servedDigest,
      })),
    );
    assert.equal((await infer(node.url(), ONE_ROW)).body.model_version, second.artifactDigest.slice(7));
    const { since, counters } = await node.target.measure(MODEL, 'test');
    assert.deepEqual(since, before.fence);
    assert.equal(
      counters.find((one) => one.artifactDigest === second.artifactDigest)?.requests,
      1,
      'an analysis that waits for requests sees those after the restart',
    );
    const stale = { ...scene.command(targetVersion(first, 100)), fence: { epoch: 1, seq: 1 } };
    await assert.rejects(
      node.target.apply(stale),
      (error) => error instanceof SlipwayError && error.code === 'stale_command',
    );
  });

  it('has the command on disk before it acknowledges it', async () => {
    const { node, first } = scene;
    const { fence } = await scene.apply(targetVersion(first, 100));
    await node.crash();
    const kept = JSON.parse(await readFile(`${node.directory}/state/${MODEL}.json`, 'utf8')) as { fence: unknown };
    assert.deepEqual(kept.fence, fence);
    await node.restart();
    assert.deepEqual((await scene.ready(first.artifactDigest)).fence, fence);
  });

  it('ends with everything it started when it is asked to', async () => {
    const children = await childrenOf(scene.node.pid());
    assert.ok(children.length > 0);
    assert.equal(await scene.node.stop(), 0);
    assert.deepEqual(
      children.filter((child) => isAlive(child.pid)),
      [],
    );
  });
});
