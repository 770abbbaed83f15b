import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseStep } from '../../../src/domain/rollout/analyseStep.js';
import { noTraffic } from '../../../src/domain/rollout/noTraffic.js';
import { noteDetection, requestsToCatch, type Detection } from '../../../src/domain/rollout/requestsToCatch.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';
import type { ReferenceHistogram, TrafficCounters } from '../../../src/domain/rollout/types.js';

const steps = [10, 50, 100].map((weight) => ({ weight, holdMs: 0, minRequests: 100, deadlineMs: 60_000 }));
const analysis = { maxErrorRateIncrease: 0.01, maxLatencyRatio: 2, maxPredictionDistance: 1, maxFeatureDistance: 1 };
const canary = { steps, analysis, features: 3 };
const flat: ReferenceHistogram = { kind: 'numeric', edges: [0.5], counts: [1, 1, 0] };
const references = { a: flat, b: flat, c: flat };

const counted = (next: RandomStream, requests: number, rate: number): TrafficCounters => {
  const counters = noTraffic('sha256:');
  let failures = 0;
  for (let request = 0; request < requests; request += 1) if (next() < rate) failures += 1;
  return { ...counters, requests, failures };
};

const RUNS = 500;
for (const [index, detection] of [
  [0, { errorRate: 0.01, increase: 0.06, power: 0.9 }],
  [0, { errorRate: 0.001, increase: 0.03, power: 0.9 }],
  [1, { errorRate: 0.03, increase: 0.05, power: 0.9 }],
] as const satisfies readonly (readonly [number, Detection])[]) {
  const requests = requestsToCatch(canary, index, detection) ?? assert.fail();
  test(`of ${RUNS} candidates that fail ${detection.increase} oftener 90 % are caught by ${requests} requests`, (t) => {
    const next = randomStream(`${index}/${detection.increase}`);
    const step = steps[index]!;
    const champions = Math.round((requests * (100 - step.weight)) / step.weight);
    let caught = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const { measurements } = analyseStep({
        ...{ index, step, analysis, steps: steps.length, sameInputs: true },
        ...{ references, championReferences: references },
        champion: counted(next, champions, detection.errorRate),
        candidate: counted(next, requests, detection.errorRate + detection.increase),
      });
      if (measurements.some(({ name, verdict }) => name === 'error_rate_increase' && verdict === 'fail')) caught += 1;
    }
    t.diagnostic(`${caught} of ${RUNS}`);
    // Four standard deviations below 90 %; hardly more than was asked for, or it would name too many.
    assert.ok(caught >= 0.9 * RUNS - 4 * Math.sqrt(0.09 * RUNS), `${caught}`);
    assert.ok(caught <= 0.98 * RUNS, `${caught}`);
  });
}

test('more is needed for smaller faults, smaller budgets, more power; and nothing suffices within the limit', () => {
  const detection = { errorRate: 0.01, increase: 0.06, power: 0.9 };
  const needed = (change: Partial<Detection>, falseAborts = 0.01) =>
    requestsToCatch({ ...canary, analysis: { ...analysis, falseAborts } }, 0, { ...detection, ...change }) ?? Infinity;
  assert.ok(needed({ increase: 0.03 }) > needed({}));
  assert.ok(needed({}, 0.0001) > needed({}));
  assert.ok(needed({ power: 0.99 }) > needed({}));
  assert.equal(needed({ increase: 0.01 }), Infinity);
  assert.equal(requestsToCatch(canary, 2, detection), undefined, 'nobody is beside it');
});

test('plans say it of canaries alone', () => {
  assert.match(
    noteDetection('production', { strategy: 'canary', steps, analysis }, 3) ?? '',
    /^production: 6 points more errors .* 90 % .*: \d+ at 10 %, \d+ at 50 %$/,
  );
  assert.equal(noteDetection('test', { strategy: 'immediate' }, 3), undefined);
  const wide = { ...analysis, maxErrorRateIncrease: 1 };
  assert.equal(noteDetection('test', { strategy: 'canary', steps, analysis: wide }, 3), undefined);
});
