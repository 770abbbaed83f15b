/** Rollouts of a model beside itself, and of bad ones, through real processes under load. `npm test -- calibration`. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FALSE_ABORTS } from '../../src/domain/rollout/falseAborts.js';
import { requestsToCatch } from '../../src/domain/rollout/requestsToCatch.js';
import { lookup } from '../fixtures/onnx/graphs.js';
import type { TestArtifact } from '../fixtures/artifact.js';
import { binomialUpper } from './binomialUpper.js';
import type { Canary } from './playRollout.js';
import { openProcessScene, type ProcessScene } from './processScene.js';
import { renderOutcomes } from './statistics.js';

const ROLLOUTS = 20;
const SECOND = 1_000;
/** Nearly as fast as it can be: what is waited for is requests. */
const plan: Canary = {
  strategy: 'canary',
  steps: [20, 50, 100].map((weight) => ({ weight, minRequests: 100, holdMs: 500, deadlineMs: 120 * SECOND })),
  analysis: {
    ...{ maxErrorRateIncrease: 0.01, maxLatencyRatio: 2, maxPredictionDistance: 0.1, maxFeatureDistance: 0.1 },
    ...{ falseAborts: FALSE_ABORTS, intervalMs: 250 },
  },
};
/** As `slipway plan` says it: five points above the limit, beside a champion of which one request in a hundred fails. */
const DETECTION = { errorRate: 0.01, increase: plan.analysis.maxErrorRateIncrease + 0.05, power: 0.9 };
const DECLARED = requestsToCatch({ steps: plan.steps, analysis: plan.analysis, features: 1 }, 0, DETECTION);

describe(`${ROLLOUTS} rollouts of a model beside itself, and bad ones, through real processes under load`, () => {
  let scene: ProcessScene;
  /** Serves now, and the same model once more. */
  let [serving, twin]: TestArtifact[] = [];
  before(async () => {
    scene = await openProcessScene(plan);
    [serving, twin] = [await scene.store(lookup(), 1), await scene.store(lookup(), 2)];
    assert.notEqual(serving.artifactDigest, twin.artifactDigest);
    await scene.serve(serving);
  });
  after(() => scene.end());

  it(`of sound ones at most ${binomialUpper(ROLLOUTS, FALSE_ABORTS)} are sent back`, async (t) => {
    const outcomes = [];
    for (let rollout = 0; rollout < ROLLOUTS; rollout += 1) {
      const outcome = await scene.rollOut(twin!, serving!);
      outcomes.push(outcome);
      if (outcome.kind === 'completed') [serving, twin] = [twin, serving];
    }
    for (const line of renderOutcomes(outcomes)) t.diagnostic(line);
    const back = outcomes.filter(({ kind }) => kind !== 'completed');
    assert.ok(back.length <= binomialUpper(ROLLOUTS, FALSE_ABORTS), JSON.stringify(back));
  });

  for (const [name, onnx, seen] of [
    ['one that fails on a tenth of its requests', lookup(9), /error_rate_increase is .*beyond its limit/],
    ['one that takes its time', lookup(10, 12), /latency_p95_ratio is .*beyond its limit/],
  ] as const)
    it(`${name} is caught on its first step within ${DECLARED} of its requests, three times of three`, async (t) => {
      const bad = await scene.store(onnx, 3);
      const outcomes = [
        await scene.rollOut(bad, serving!),
        await scene.rollOut(bad, serving!),
        await scene.rollOut(bad, serving!),
      ];
      for (const line of renderOutcomes(outcomes)) t.diagnostic(line);
      for (const outcome of outcomes) {
        assert.ok(outcome.kind === 'aborted' && outcome.trafficRestored, JSON.stringify(outcome));
        assert.match(outcome.reason, seen);
        assert.equal(outcome.steps.length, 1, 'on its first step');
        assert.ok(
          (outcome.steps[0]?.requests ?? Infinity) <= (DECLARED ?? 0),
          `${outcome.steps[0]?.requests} requests`,
        );
      }
    });

  it('and no caller has seen anything of all that', async (t) => {
    const { answered, failures } = await scene.stopLoad();
    t.diagnostic(`${answered} requests`);
    assert.deepEqual(failures.slice(0, 3), []);
  });
});
