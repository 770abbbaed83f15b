/** A hold of an hour without an interval, through real processes under load: what is bad does not wait for its end. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { FALSE_ABORTS } from '../../src/domain/rollout/falseAborts.js';
import { lookup } from '../fixtures/onnx/graphs.js';
import type { Canary } from './playRollout.js';
import { openProcessScene, type ProcessScene } from './processScene.js';
import { renderOutcomes } from './statistics.js';

const HOUR = 3_600_000;
const plan: Canary = {
  strategy: 'canary',
  steps: [20, 100].map((weight) => ({ weight, minRequests: 100, holdMs: HOUR, deadlineMs: 2 * HOUR })),
  analysis: {
    ...{ maxErrorRateIncrease: 0.01, maxLatencyRatio: 2, maxPredictionDistance: 0.1, maxFeatureDistance: 0.1 },
    falseAborts: FALSE_ABORTS,
  },
};

let scene: ProcessScene;
before(async () => {
  scene = await openProcessScene(plan);
});
after(() => scene.end());

it('a candidate that fails on a tenth of its requests is sent back by the first watch', async (t) => {
  const serving = await scene.store(lookup(), 1);
  await scene.serve(serving);
  const outcome = await scene.rollOut(await scene.store(lookup(9), 2), serving);
  for (const line of renderOutcomes([outcome])) t.diagnostic(line);
  assert.ok(outcome.kind === 'aborted' && outcome.trafficRestored, JSON.stringify(outcome));
  assert.match(outcome.reason, /^error_rate_increase is .*beyond its limit/);
  assert.deepEqual(
    outcome.steps.map(({ step, verdict }) => [step, verdict]),
    [[0, 'fail']],
  );
  const { failures } = await scene.stopLoad();
  assert.deepEqual(failures.slice(0, 3), [], 'and no caller has seen anything of it');
});
