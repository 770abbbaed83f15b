import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { TrafficCounters } from '../../src/domain/rollout/types.js';
import { shadowOf } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { isAlive } from '../fixtures/processes.js';
import { startLoad } from '../fixtures/steadyLoad.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from './scene.js';

describe('a shadow', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ shadowQueue: 5 });
  });
  after(() => scene.node.discard());

  const url = (): string => `${scene.node.url()}/v2/models/${MODEL}/infer`;
  const shadowed = async (copies: number): Promise<void> => {
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
    await scene.apply(targetVersion(scene.first, 100), shadowOf(scene.second, copies));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
  };
  const counted = async (digest: Digest): Promise<TrafficCounters> =>
    (await scene.node.target.measure(MODEL, 'test')).counters.find((one) => one.artifactDigest === digest)!;
  /** One after the other, so that the shadow keeps up. */
  const ask = async (requests: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let sent = 0; sent < requests; sent += 1) {
      const { status, body } = await infer(scene.node.url(), ONE_ROW);
      assert.deepEqual([status, body.model_version], [200, scene.first.artifactDigest.slice(7)]);
      ids.push(`${body.parameters!.request_id}#0`);
    }
    return ids;
  };

  it('gets a copy of every request, answers nobody, and is logged as a shadow under the IDs that callers know', async () => {
    await shadowed(100);
    const ids = await ask(20);
    // Whoever asks for a version asks for no copy.
    await infer(scene.node.url(), ONE_ROW, { 'x-slipway-version': 'champion' });
    await eventually(async () => {
      const shadow = await counted(scene.second.artifactDigest);
      assert.deepEqual([shadow.requests, shadow.failures, shadow.droppedCopies, shadow.rows], [20, 0, undefined, 20]);
    });
    assert.equal((await counted(scene.first.artifactDigest)).requests, 20, 'the champion has its own counters');
    const text = await (await fetch(`${scene.node.url()}/metrics`)).text();
    assert.match(text, /slipway_shadow_copies_total\{[^}]*outcome="answered"[^}]*\} 20\n/);
    const server = await scene.serverOf(scene.second.artifactDigest);
    await scene.apply(targetVersion(scene.first, 100));
    await eventually(() => assert.equal(isAlive(server), false, 'nobody misses it'));
    const rows = await loggedRows(scene.node.store);
    const copies = rows.filter((row) => row['version'] === scene.second.artifactDigest.slice(7));
    assert.deepEqual(new Set(copies.map((row) => row['route'])), new Set(['shadow']));
    assert.deepEqual(copies.map((row) => row['prediction_id']).sort(), [...ids].sort());
  });

  it('gets its declared share of the requests', async () => {
    await shadowed(50);
    await ask(400);
    await eventually(async () => {
      const { requests, droppedCopies = 0 } = await counted(scene.second.artifactDigest);
      // Six standard deviations: not in any lifetime by chance.
      assert.ok(Math.abs(requests + droppedCopies - 200) < 60, `${requests} of 400 requests`);
    });
  });

  it('that hangs holds nobody up: some copies wait, the others are dropped and counted', async () => {
    await shadowed(100);
    const server = await scene.serverOf(scene.second.artifactDigest);
    process.kill(server, 'SIGSTOP');
    await ask(100);
    const { droppedCopies = 0 } = await counted(scene.second.artifactDigest);
    assert.ok(droppedCopies >= 100 - 8 - 5, `${droppedCopies} of 100 copies are dropped, where 8 are out and 5 wait`);
    const load = startLoad(url(), ONE_ROW);
    await eventually(() => assert.equal(isAlive(server), false), 30_000);
    await load.pass(200);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(byVersion), [scene.first.artifactDigest.slice(7)]);
  });

  it('that dies again and again, or cannot be loaded, fails no request', async () => {
    await shadowed(100);
    const load = startLoad(url(), ONE_ROW);
    for (let turn = 0; turn < 3; turn += 1) {
      await scene.ready(scene.second.artifactDigest);
      process.kill(await scene.serverOf(scene.second.artifactDigest), 'SIGKILL');
      await load.pass(100);
    }
    const broken = await scene.store(new Uint8Array(Buffer.from('no model')));
    await scene.apply(targetVersion(scene.first, 100), shadowOf(broken, 100));
    await load.pass(100);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(byVersion), [scene.first.artifactDigest.slice(7)]);
    assert.ok((await counted(broken.artifactDigest)).droppedCopies! >= 92);
  });

  it('answers nobody even when the champion is gone', async () => {
    await shadowed(100);
    const load = startLoad(url(), ONE_ROW, 4);
    await load.pass(20);
    process.kill(await scene.serverOf(scene.first.artifactDigest), 'SIGKILL');
    await load.pass(50);
    const { failures, byVersion } = await load.stop();
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(byVersion), [scene.first.artifactDigest.slice(7)]);
  });
});
