import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMeasurements } from '../../../src/domain/rollout/addMeasurements.js';
import { judgeQuality, type QualityReadings } from '../../../src/domain/rollout/judgeQuality.js';
import type { StepAnalysis } from '../../../src/domain/rollout/types.js';
import type { QualitySpec } from '../../../src/domain/spec/analysisMetrics.js';

const spec: QualitySpec = { metric: 'brier', maxIncrease: 0.01, minLabels: 100, required: false };
const lost = (mean: number, error: number, samples = 500): QualityReadings => ({
  mean: { kind: 'value', value: mean, samples },
  variance: { kind: 'value', value: error ** 2, samples },
});

test('worse than the champion by more than noise can explain', () => {
  const champion = lost(0.2, 0.003);
  assert.equal(judgeQuality(spec, lost(0.205, 0.004), champion).verdict, 'pass');
  assert.equal(judgeQuality(spec, lost(0.215, 0.004), champion).verdict, 'inconclusive');
  const bad = judgeQuality(spec, lost(0.25, 0.004), champion);
  assert.deepEqual([bad.verdict, bad.name, Number(bad.value.toFixed(6))], ['fail', 'quality.brier', 0.05]);
});

test('too few labels of either say nothing, and what cannot be read is an error', () => {
  const few = judgeQuality(spec, lost(0.9, 0, 99), lost(0.2, 0));
  assert.deepEqual([few.verdict, few.reason], ['insufficient_data', 'candidate: 99 of 100 labels']);
  assert.equal(judgeQuality(spec, lost(0.2, 0), lost(0.2, 0, 3)).reason, 'champion: 3 of 100 labels');
  const error = { kind: 'error', reason: 'the query fails' } as const;
  assert.equal(judgeQuality(spec, { ...lost(0.2, 0), variance: error }, lost(0.2, 0)).verdict, 'error');
});

test('what is only shown decides nothing', () => {
  const counted: StepAnalysis = {
    ...{ step: 0, weight: 10, verdict: 'pass', reason: 'fine', requests: 100, measurements: [] },
  };
  const few = judgeQuality(spec, lost(0.9, 0, 9), lost(0.2, 0));
  const seen = addMeasurements(counted, [], [few]);
  assert.deepEqual([seen.verdict, seen.reason, seen.measurements], ['pass', 'fine', [few]]);
  assert.equal(addMeasurements(counted, [few]).verdict, 'insufficient_data');
});
