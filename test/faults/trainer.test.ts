import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../fixtures/eventually.js';
import { ferrySpec } from '../fixtures/product.js';
import { hasEnded, until } from '../supervisor/scene.js';
import { readHistories } from './engine.js';
import { GUARDED, openFaults, processesOf, seconds, type FaultScene } from './scene.js';

/** Trains until the gate is open, beside a child that left its group and ignores requests to end. */
const trainer = (gate: string): string => `[ ! -e begun ] || exit 9
: > begun
setsid sh -c 'trap "" TERM; while [ ! -e ${gate} ]; do sleep 0.1; done' &
while [ ! -e ${gate} ]; do sleep 0.1; done
node pipeline/train.mjs
`;

describe('given a trainer that is at work', () => {
  let scene: FaultScene;
  before(async () => {
    scene = await openFaults({ workers: 1 });
  });
  after(() => scene.close());

  it('F4: when its worker is killed, then no process of it is left within 5 s, and the next attempt starts clean', async (test) => {
    const { product } = scene;
    const gate = join(product.shared, 'gate');
    const name = scene.commit({
      'slipway.yaml': ferrySpec({ ...GUARDED, 'run: node pipeline/train.mjs': 'run: sh pipeline/train.sh' }),
      'pipeline/train.sh': trainer(gate),
    });
    await until(() => processesOf([`while [ ! -e ${gate}`]).length > 0);
    const training = processesOf([`HOME=${product.home}/work/`]);
    const began = performance.now();
    process.kill(product.pidOf('worker-1'), 'SIGKILL');
    await eventually(
      () =>
        assert.deepEqual(
          training.filter((pid) => !hasEnded(pid)),
          [],
        ),
      5_000,
    );
    const gone = performance.now() - began;
    writeFileSync(gate, '');
    await scene.approve(name);
    const { outcome, reason } = await scene.ended(name);
    assert.equal(outcome, 'promoted', reason);
    const builds = (await readHistories(product, "WorkflowType = 'release'")).filter(
      ({ activity, attempt }) => activity === 'buildModel' && attempt !== undefined,
    );
    assert.deepEqual(
      builds.map(({ attempt }) => attempt),
      [2],
    );
    await scene.settle(test, `${training.length} processes of a trainer, gone ${seconds(gone)} after its worker`, {
      [name]: 'promoted',
    });
  });
});
