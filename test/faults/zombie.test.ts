import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Product } from '../fixtures/product.js';
import { until } from '../supervisor/scene.js';
import { scratchOf } from './observe.js';
import { killedAt, openFaults, seconds, type FaultScene } from './scene.js';

const isStopped = (pid: number): boolean => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));

/** Fences of late commands, as the serving node that refused them tells. */
const refusedBy = ({ home }: Product, environment: string): readonly string[] =>
  readFileSync(join(home, 'logs', `serving-${environment}.log`), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"command is refused"'))
    .map((line) => JSON.parse(line) as { code: string; fence: { epoch: number; seq: number } })
    .filter(({ code }) => code === 'stale_command')
    .map(({ fence }) => `${fence.epoch}.${fence.seq}`);

describe('given a worker that is stopped just before it shifts traffic', () => {
  let scene: FaultScene;
  before(async () => {
    scene = await openFaults({ env: { SLIPWAY_FAILPOINTS: 'shiftTraffic.asked=stop' } });
  });
  after(() => scene.close());

  it('F3: when it wakes up after two releases went on without it, then its late command is refused', async (test) => {
    const { product } = scene;
    const first = scene.commit();
    await scene.approve(first);
    await until(() => killedAt(product, 'shiftTraffic.asked') !== undefined);
    const began = performance.now();
    const zombie = ['worker-1', 'worker-2'].find((name) => isStopped(product.pidOf(name)));
    assert.ok(zombie !== undefined, 'a worker is stopped');
    const pid = product.pidOf(zombie);
    assert.equal((await scene.ended(first)).outcome, 'promoted');
    const wentOn = performance.now() - began;
    const second = scene.commit();
    await scene.approve(second);
    assert.equal((await scene.ended(second)).outcome, 'promoted');
    assert.ok(isStopped(pid), 'it slept all the while');
    const stopped = performance.now() - began;
    process.kill(pid, 'SIGCONT');
    await until(() => refusedBy(product, 'production').includes('1.2'));
    // Whatever else it had been handed while it slept, it gives up, too.
    await until(() => scratchOf(product).length === 0);
    await scene.settle(
      test,
      `${zombie} stopped for ${seconds(stopped)}, its late command refused; the release`,
      { [first]: 'promoted', [second]: 'promoted' },
      wentOn,
    );
  });
});
