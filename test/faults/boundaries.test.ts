import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView, StageName } from '../../src/domain/release/types.js';
import { until } from '../supervisor/scene.js';
import { commandsOf } from './observe.js';
import { openFaults, seconds, type FaultScene } from './scene.js';

type Boundary = (scene: FaultScene, release: string) => Promise<unknown>;

const seen =
  (holds: (view: ReleaseView) => boolean): Boundary =>
  ({ product }, release) =>
    product.untilRelease(release, holds);

const stage = (name: StageName, environment?: string): Boundary =>
  seen(({ stages }) =>
    stages.some((one) => one.name === name && one.environment === environment && one.startedAt !== undefined),
  );

/** What the serving node of production has carried out, in the first epoch. */
const command =
  (seq: number): Boundary =>
  ({ product }) =>
    until(() => commandsOf(product, 'production').some((one) => one.seq >= seq));

/** In the order in which a release comes by. Nothing moves on while its workers are dead. */
const BOUNDARIES: Readonly<Record<string, Boundary>> = {
  integrate: stage('integrate'),
  build: stage('build'),
  package: stage('package'),
  'deploy to staging': stage('deploy', 'staging'),
  'verify in staging': stage('verify', 'staging'),
  'gate of staging': stage('gate', 'staging'),
  'the wait for approval': seen(({ waiting }) => waiting !== undefined),
  'deploy to production': stage('deploy', 'production'),
  'half of the traffic': command(2),
  'all of the traffic': command(3),
  'verify in production': stage('verify', 'production'),
  'the end': seen(({ outcome }) => outcome !== undefined),
};

const WORKERS = ['worker-control', 'worker-1'];

describe('given a release that passes its stages', () => {
  let scene: FaultScene;
  before(async () => {
    // One worker for the work: whoever is killed had it.
    scene = await openFaults({ workers: 1 });
  });
  after(() => scene.close());

  it('F1: when both workers are killed at every stage boundary, then the release is promoted, and nothing happened twice', async (test) => {
    const { product } = scene;
    const killAndRestart = (): Promise<void> => {
      for (const worker of WORKERS) process.kill(product.pidOf(worker), 'SIGKILL');
      return product.restart();
    };
    const name = scene.commit();
    for (const [index, [what, comes]] of Object.entries(BOUNDARIES).entries()) {
      await comes(scene, name);
      const began = performance.now();
      // Whoever dies often waits longer for the next life; a new supervisor starts without a memory of that.
      await (index % 4 === 3 ? killAndRestart() : Promise.all(WORKERS.map((worker) => product.kill9(worker))));
      test.diagnostic(`both workers killed at ${what}: back after ${seconds(performance.now() - began)}`);
      if (what === 'the wait for approval') await scene.approve(name);
    }
    const { outcome, reason } = await scene.ended(name);
    assert.equal(outcome, 'promoted', reason);
    await scene.settle(test, `both workers killed at ${Object.keys(BOUNDARIES).length} boundaries`, {
      [name]: 'promoted',
    });
  });
});
