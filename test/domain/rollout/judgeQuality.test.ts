import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMeasurements } from '../../../src/domain/rollout/addMeasurements.js';
import { judgeQuality, type QualityReadings } from '../../../src/domain/rollout/judgeQuality.js';
import type { StepAnalysis } from '../../../src/domain/rollout/types.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';
import type { QualitySpec } from '../../../src/domain/spec/analysisMetrics.js';

const spec: QualitySpec = { metric: 'brier', maxIncrease: 0.01, minLabels: 100, required: false };
const ALPHA = 0.001;
const lost = (mean: number, error: number, samples = 500): QualityReadings => ({
  mean: { kind: 'value', value: mean, samples },
  variance: { kind: 'value', value: error ** 2, samples },
});

test('worse than the champion by more than noise can explain', () => {
  const champion = lost(0.2, 0.003);
  assert.equal(judgeQuality(spec, lost(0.205, 0.004), champion, ALPHA).verdict, 'pass');
  assert.equal(judgeQuality(spec, lost(0.215, 0.004), champion, ALPHA).verdict, 'inconclusive');
  const bad = judgeQuality(spec, lost(0.25, 0.004), champion, ALPHA);
  assert.deepEqual([bad.verdict, bad.name, Number(bad.value.toFixed(6))], ['fail', 'quality.brier', 0.05]);
});

test('too few labels of either say nothing, and what cannot be read is an error', () => {
  const few = judgeQuality(spec, lost(0.9, 0, 99), lost(0.2, 0), ALPHA);
  assert.deepEqual([few.verdict, few.reason], ['insufficient_data', 'candidate: 99 of 100 labels']);
  assert.equal(judgeQuality(spec, lost(0.2, 0), lost(0.2, 0, 3), ALPHA).reason, 'champion: 3 of 100 labels');
  const error = { kind: 'error', reason: 'the query fails' } as const;
  assert.equal(judgeQuality(spec, { ...lost(0.2, 0), variance: error }, lost(0.2, 0), ALPHA).verdict, 'error');
});

test('what is only shown decides nothing', () => {
  const counted: StepAnalysis = {
    ...{ step: 0, weight: 10, verdict: 'pass', reason: 'fine', requests: 100, measurements: [] },
  };
  const few = judgeQuality(spec, lost(0.9, 0, 9), lost(0.2, 0), ALPHA);
  const seen = addMeasurements(counted, [], [few]);
  assert.deepEqual([seen.verdict, seen.reason, seen.measurements], ['pass', 'fine', [few]]);
  assert.equal(addMeasurements(counted, [few]).verdict, 'insufficient_data');
});

/** Losses of so many rows more, drawn alike for both. */
const arrive = (sums: { n: number; sum: number; squares: number }, rows: number, next: () => number): void => {
  for (let row = 0; row < rows; row += 1) {
    const loss = next() ** 2;
    sums.n += 1;
    sums.sum += loss;
    sums.squares += loss ** 2;
  }
};
const readingsOf = ({ n, sum, squares }: { n: number; sum: number; squares: number }): QualityReadings => {
  const mean = sum / n;
  return lost(mean, Math.sqrt((squares / n - mean ** 2) / (n - 1)), n);
};

test('a version that loses as much as the champion fails at any of sixty looks no oftener than its chance', () => {
  const next = randomStream('realised quality');
  const chance = 0.005;
  let failed = 0;
  for (let rollout = 0; rollout < 400; rollout += 1) {
    const [ours, theirs] = [
      { n: 0, sum: 0, squares: 0 },
      { n: 0, sum: 0, squares: 0 },
    ];
    for (let look = 0; look < 60; look += 1) {
      arrive(ours, 100, next);
      arrive(theirs, 100, next);
      const { verdict } = judgeQuality({ ...spec, maxIncrease: 0 }, readingsOf(ours), readingsOf(theirs), chance);
      if (verdict !== 'fail') continue;
      failed += 1;
      break;
    }
  }
  // Judged at that chance look by look, 22 of them fail.
  assert.ok(failed <= 8, `${failed} of 400`);
});
