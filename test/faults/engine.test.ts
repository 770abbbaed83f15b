import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../supervisor/scene.js';
import { commandsOf } from './observe.js';
import { openFaults, seconds, type FaultScene } from './scene.js';

describe('given an engine that is killed', () => {
  let scene: FaultScene;
  before(async () => {
    scene = await openFaults();
  });
  after(() => scene.close());

  it('F18: while a release waits, right after an approval was acknowledged, and while a canary is promoted, then nothing acknowledged is lost', async (test) => {
    const { product } = scene;
    const name = scene.commit();
    const kill = async (when: string): Promise<void> => {
      const began = performance.now();
      await product.kill9('temporal');
      await product.untilRelease(name, () => true);
      test.diagnostic(`Temporal killed ${when}: answered again after ${seconds(performance.now() - began)}`);
    };
    const before = await product.untilRelease(name, ({ waiting }) => waiting !== undefined);
    await kill('while a release waits');
    const { waiting } = await product.untilRelease(name, (view) => view.waiting !== undefined);
    assert.deepEqual(waiting, before.waiting, 'it waits for the same decision');
    await scene.approve(name);
    await kill('right after an acknowledged approval');
    await until(() => commandsOf(product, 'production').some(({ seq }) => seq >= 2));
    await kill('while a canary is promoted');
    const { outcome, reason } = await scene.ended(name);
    assert.equal(outcome, 'promoted', reason);
    await scene.settle(test, 'Temporal killed 3 times', { [name]: 'promoted' });
  });
});
