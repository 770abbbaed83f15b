import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ObservedVersion } from '../../src/domain/rollout/types.js';
import { eventually } from '../fixtures/eventually.js';
import { infer } from '../fixtures/inferRequests.js';
import { childrenOf, isAlive } from '../fixtures/processes.js';
import { openOddScene, type OddScene } from './oddScene.js';
import { MODEL, ONE_ROW, targetVersion } from './scene.js';

describe('a model server that is looked after', () => {
  let scene: OddScene;
  before(async () => {
    scene = await openOddScene({ memoryMiB: 256 });
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    await bothReady();
  });
  after(() => scene.close());

  const versions = async (): Promise<readonly ObservedVersion[]> =>
    (await scene.target.observe(MODEL, 'test'))!.versions;
  const bothReady = (): Promise<void> =>
    eventually(
      async () =>
        assert.deepEqual(
          (await versions()).map(({ ready }) => ready),
          [true, true],
        ),
      30_000,
    );
  const askSecond = () =>
    infer(scene.node.inferenceUrl, ONE_ROW, { 'x-slipway-version': 'candidate' }).catch(() => undefined);
  const serversOf = async (): Promise<readonly number[]> =>
    (await childrenOf(process.pid)).filter(({ variables }) => 'SLIPWAY_ODD' in variables).map(({ pid }) => pid);

  it('that grows beyond its memory is started again, and says why', async () => {
    const [first] = await versions();
    scene.tell(scene.second, 'grows');
    const reasons: string[] = [];
    // 240 MiB beside what it has anyway: above what it may have, and below what the kernel would refuse it.
    for (let request = 0; request < 6; request += 1) await askSecond();
    await eventually(async () => {
      const now = (await versions())[1]!;
      if (now.reason !== undefined) reasons.push(now.reason);
      assert.ok(now.restarts >= 1);
    }, 30_000);
    assert.ok(
      reasons.some((reason) => /had \d+ MiB in memory, and may have 256 \(serving\.memoryMiB\)/.test(reason)),
      reasons.join(),
    );
    scene.tell(scene.second, 'answers');
    await bothReady();
    assert.equal((await versions())[0]!.restarts, first!.restarts, 'its neighbour did not notice');
    assert.match(await scene.metrics(), /slipway_version_memory_bytes\{[^}]*role="champion"[^}]*\} [1-9]\d{6}/);
  });

  it('that wants far too much at once does not get it', async () => {
    const { restarts } = (await versions())[1]!;
    scene.tell(scene.second, 'jumps');
    const asking = askSecond();
    const reasons: string[] = [];
    await eventually(async () => {
      const now = (await versions())[1]!;
      if (now.reason !== undefined) reasons.push(now.reason);
      assert.ok(now.restarts > restarts);
    }, 30_000);
    assert.equal((await asking)?.status, 503, 'it died of it, and once more when it was asked again');
    assert.ok(!reasons.some((reason) => reason.includes('MiB in memory')), `it never had it: ${reasons.join()}`);
    scene.tell(scene.second, 'answers');
    await bothReady();
  });

  it('passes a trace on to the model server, and nothing that is none', async () => {
    const heard = async (headers: Record<string, string>): Promise<Record<string, string>> =>
      ((await infer(scene.node.inferenceUrl, ONE_ROW, headers)).body as { heard: Record<string, string> }).heard;
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traced = await heard({ traceparent, tracestate: 'vendor=1', 'x-slipway-route': 'shadow', 'x-other': '1' });
    assert.deepEqual([traced['traceparent'], traced['tracestate']], [traceparent, 'vendor=1']);
    assert.deepEqual([traced['x-slipway-route'], traced['x-other']], ['champion', undefined]);
    assert.equal((await heard({ traceparent: 'nonsense' }))['traceparent'], undefined);
  });

  it('is ended with everything else, in order', async () => {
    const servers = await serversOf();
    assert.equal(servers.length, 2);
    await scene.node.stop();
    assert.deepEqual(servers.filter(isAlive), []);
  });
});
