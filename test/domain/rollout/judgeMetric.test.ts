import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMeasurements } from '../../../src/domain/rollout/addMeasurements.js';
import { askedRoles, judgeMetric } from '../../../src/domain/rollout/judgeMetric.js';
import { readNumber, type MetricReading } from '../../../src/domain/rollout/metricReading.js';
import type { StepAnalysis } from '../../../src/domain/rollout/types.js';
import type { AnalysisMetric } from '../../../src/domain/spec/analysisMetrics.js';

const metric = (bounds: Partial<AnalysisMetric>): AnalysisMetric => ({
  name: 'conversion',
  query: { kind: 'sql', query: 'SELECT 1' },
  timeoutMs: 1_000,
  ...bounds,
});
const value = (is: number, samples?: number): MetricReading => ({
  kind: 'value',
  value: is,
  ...(samples === undefined ? {} : { samples }),
});
const verdicts = (bounds: Partial<AnalysisMetric>, candidate: MetricReading, champion?: MetricReading) =>
  judgeMetric(metric(bounds), { candidate, ...(champion === undefined ? {} : { champion }) }).map(
    ({ name, verdict, value: is }) => [name.replace('conversion.', ''), verdict, Number(is.toPrecision(6))],
  );

test('each bound is a measurement of its own', () => {
  assert.deepEqual(verdicts({ min: 0.2, max: 0.4 }, value(0.3)), [
    ['max', 'pass', 0.3],
    ['min', 'pass', 0.3],
  ]);
  assert.deepEqual(verdicts({ min: 0.2, max: 0.4 }, value(0.5)), [
    ['max', 'fail', 0.5],
    ['min', 'pass', 0.5],
  ]);
  assert.deepEqual(verdicts({ max: 0.4 }, value(0.4)), [['max', 'pass', 0.4]], 'the bound itself is within');
  assert.deepEqual(verdicts({ min: 0.4 }, value(0.39)), [['min', 'fail', 0.39]]);
});

test('the champion is the measure of what may rise and fall', () => {
  assert.deepEqual(verdicts({ maxDecrease: 0.1 }, value(0.3), value(0.5)), [['maxDecrease', 'fail', 0.2]]);
  assert.deepEqual(verdicts({ maxDecrease: 0.1 }, value(0.5), value(0.3)), [['maxDecrease', 'pass', -0.2]]);
  assert.deepEqual(verdicts({ maxIncrease: 0.1, relative: true }, value(-1.05), value(-1)), [
    ['maxIncrease', 'pass', -0.05],
  ]);
  assert.deepEqual(verdicts({ maxIncrease: 0.1, relative: true }, value(1.2), value(1)), [
    ['maxIncrease', 'fail', 0.2],
  ]);
  assert.deepEqual(verdicts({ maxIncrease: 0.1, relative: true }, value(1), value(0)), [['maxIncrease', 'error', 0]]);
});

test('a margin is looked at again, and not passed', () => {
  assert.deepEqual(verdicts({ max: 1, margin: 0.5 }, value(1.5)), [['max', 'inconclusive', 1.5]]);
  assert.deepEqual(verdicts({ max: 1, margin: 0.5 }, value(1.6)), [['max', 'fail', 1.6]]);
});

test('what says nothing of either version never passes', () => {
  const error: MetricReading = { kind: 'error', reason: 'the query matches no series' };
  const none: MetricReading = { kind: 'insufficient_data', reason: 'the query answers NULL' };
  assert.deepEqual(verdicts({ max: 1, maxIncrease: 1 }, error, value(1)), [
    ['max', 'error', 0],
    ['maxIncrease', 'error', 0],
  ]);
  assert.deepEqual(verdicts({ max: 1, maxIncrease: 1 }, value(1), none), [
    ['max', 'pass', 1],
    ['maxIncrease', 'insufficient_data', 0],
  ]);
  assert.deepEqual(verdicts({ max: 1, minSamples: 10 }, value(1, 9)), [['max', 'insufficient_data', 0]]);
  assert.deepEqual(verdicts({ max: 1, minSamples: 10 }, value(1, 10)), [['max', 'pass', 1]]);
  assert.deepEqual(verdicts({ max: 1, minSamples: 10 }, value(1)), [['max', 'error', 0]]);
});

test('a first version has nobody to be compared with', () => {
  assert.deepEqual(verdicts({ maxIncrease: 1, max: 2 }, value(1)), [['max', 'pass', 1]]);
  assert.deepEqual(askedRoles(metric({ max: 1 }), true), ['candidate']);
  assert.deepEqual(askedRoles(metric({ maxIncrease: 1 }), true), ['candidate', 'champion']);
  assert.deepEqual(askedRoles(metric({ maxIncrease: 1 }), false), ['candidate']);
});

test('only finite numbers are numbers', () => {
  for (const found of ['NaN', '+Inf', 'Infinity', '', ' ', 'much', null, undefined, true, [1], { value: 1 }, NaN])
    assert.equal(readNumber(found, 'x').kind, 'error', String(found));
  assert.deepEqual(readNumber('0.25', 'x'), value(0.25));
  assert.deepEqual(readNumber(3, 'x', 4), value(3, 4));
  for (const samples of [-1, Number.NaN, 'many']) assert.equal(readNumber(3, 'x', samples).kind, 'error');
});

test('a step is as good as the worst of what was counted and measured', () => {
  const counted: StepAnalysis = {
    ...{ step: 0, weight: 10, verdict: 'pass', reason: '4 measurements', requests: 100 },
    measurements: [{ name: 'error_rate', value: 0, limit: 0.1, verdict: 'pass' }],
  };
  const add = (bounds: Partial<AnalysisMetric>, candidate: MetricReading, base = counted) =>
    addMeasurements(base, judgeMetric(metric(bounds), { candidate }));
  assert.equal(addMeasurements(counted, []), counted);
  assert.deepEqual(
    [add({ max: 1 }, value(0.5)).verdict, add({ max: 1 }, value(0.5)).reason],
    ['pass', '4 measurements, and 1 of its own metrics'],
  );
  const beyond = add({ max: 1 }, value(2));
  assert.deepEqual(
    [beyond.verdict, beyond.reason, beyond.measurements.length],
    ['fail', 'conversion.max is 2, beyond its limit of 1', 2],
  );
  const silent = add({ max: 1 }, { kind: 'error', reason: 'the query matches no series' });
  assert.deepEqual(
    [silent.verdict, silent.reason],
    ['error', 'conversion.max: candidate: the query matches no series'],
  );
  const both = add({ max: 1 }, value(2), { ...counted, verdict: 'fail', reason: 'errors' });
  assert.equal(both.reason, 'errors; conversion.max is 2, beyond its limit of 1');
  assert.equal(add({ max: 1 }, value(0), { ...counted, verdict: 'inconclusive' }).verdict, 'inconclusive');
});
