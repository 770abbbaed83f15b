import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benjaminiHochberg } from '../../../src/domain/statistics/benjaminiHochberg.js';
import { binaryMetrics } from '../../../src/domain/statistics/binaryMetrics.js';
import { chiSquareTest } from '../../../src/domain/statistics/chiSquareTest.js';
import { jensenShannon, largestDifference, populationStability } from '../../../src/domain/statistics/distances.js';
import {
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareTail,
  fisherQuantile,
  fisherTail,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from '../../../src/domain/statistics/distributions.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';
import { assertMatches, oracle } from './oracle.js';

for (const { name, predictions, labels, expected } of oracle.binary) {
  test(`metrics of ${name}`, () => {
    const metrics: Readonly<Record<string, number | undefined>> = binaryMetrics(predictions, labels);
    assert.deepEqual(Object.keys(metrics).sort(), Object.keys(expected).sort());
    for (const [metric, value] of Object.entries(expected)) assertMatches(metrics[metric], value, metric);
  });
}

const nothing: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['no rows', [], []],
  ['lengths that differ', [0.5, 0.5], [1]],
  ['a prediction that is no number', [0.5, NaN], [1, 0]],
  ['a prediction that is no probability', [0.5, 1.01], [1, 0]],
  ['a label that is neither 0 nor 1', [0.5, 0.5], [1, 2]],
  ['a missing label', [0.5, 0.5], [1, NaN]],
];
for (const [name, predictions, labels] of nothing) {
  test(`no metric of ${name}`, () => assert.deepEqual(binaryMetrics(predictions, labels), {}));
}

test('the normal distribution and its quantiles', () => {
  for (const { x, cdf } of oracle.normal) assertMatches(normalCdf(x), cdf, `cdf(${x})`);
  for (const { p, x } of oracle.normalQuantile) assertMatches(normalQuantile(p), x, `quantile(${p})`);
});

test("Student's distribution and its quantiles", () => {
  for (const { t, degrees, cdf } of oracle.student) assertMatches(studentCdf(t, degrees), cdf, `cdf(${t}, ${degrees})`);
  for (const { p, degrees, t } of oracle.studentQuantile) {
    // Far quantiles of few degrees are large: as many digits, not as many places.
    assertMatches(
      studentQuantile(p, degrees) / Math.max(1, Math.abs(t)),
      t / Math.max(1, Math.abs(t)),
      `quantile(${p}, ${degrees})`,
    );
  }
});

test('the chi-square distribution, its tail and its quantiles', () => {
  for (const { x, degrees, cdf, tail } of oracle.chiSquare) {
    assertMatches(chiSquareCdf(x, degrees), cdf, `cdf(${x}, ${degrees})`);
    assertMatches(chiSquareTail(x, degrees), tail, `tail(${x}, ${degrees})`);
  }
  for (const { p, degrees, x } of oracle.chiSquareQuantile)
    assertMatches(chiSquareQuantile(p, degrees), x, `quantile(${p}, ${degrees})`);
});

test("Fisher's distribution, its tail and its quantiles", () => {
  for (const { x, above, below, tail } of oracle.fisher) {
    assertMatches(fisherTail(x, above, below), tail, `tail(${x}, ${above}, ${below})`);
    if (tail < 1 - 1e-6) assertMatches(fisherQuantile(tail, above, below), x, `quantile(${tail}, ${above}, ${below})`);
  }
  assertMatches(fisherTail(2, 5, Infinity), chiSquareTail(10, 5), 'of infinite degrees below');
});

test('quantiles outside of 0 to 1 are no numbers', () => {
  for (const p of [-0.1, 1.1, NaN]) {
    for (const quantile of [normalQuantile(p), studentQuantile(p, 5), chiSquareQuantile(p, 5), fisherQuantile(p, 5, 5)])
      assert.ok(Number.isNaN(quantile));
  }
});

for (const { name, reference, current, ...expected } of oracle.histograms) {
  test(`distances of ${name}`, () => {
    assertMatches(jensenShannon(reference, current), expected.jensenShannon, 'Jensen-Shannon');
    assertMatches(populationStability(reference, current), expected.psi, 'PSI');
    assertMatches(largestDifference(reference, current), expected.largestDifference, 'L-infinity');
  });
}

test('distances to nothing pass no comparison', () => {
  for (const distance of [jensenShannon, populationStability, largestDifference]) {
    assert.ok(!(distance([1, 2], [0, 0]) <= 1) && !(distance([1, 2], [0, 0]) > 1));
  }
});

for (const { name, first, second, ...expected } of oracle.contingency) {
  test(`chi-square of ${name}`, () => {
    const result = chiSquareTest(first, second);
    assertMatches(result.statistic, expected.statistic, 'statistic');
    assert.equal(result.degrees, expected.degrees);
    assertMatches(result.pValue, expected.pValue, 'p');
  });
}

test('chi-square of nothing is no evidence', () => {
  for (const [first, second] of [
    [[], []],
    [
      [0, 0],
      [1, 2],
    ],
    [[5], [7]],
    [
      [5, 0],
      [7, 0],
    ],
  ] as const) {
    assert.equal(chiSquareTest(first, second).pValue, 1);
  }
});

test('p-values adjusted for their number', () => {
  for (const { p, adjusted } of oracle.benjaminiHochberg) {
    benjaminiHochberg(p).forEach((value, index) => assertMatches(value, adjusted[index] ?? NaN, `of ${p.join(', ')}`));
  }
  assert.deepEqual(benjaminiHochberg([NaN, 0.01]), [1, 0.02]);
});

test('a random stream depends on its seed alone, and is uniform', () => {
  const draw = (seed: string, count: number): readonly number[] => {
    const next = randomStream(seed);
    return Array.from({ length: count }, () => next());
  };
  assert.deepEqual(draw('a', 5), draw('a', 5));
  assert.notDeepEqual(draw('a', 5), draw('b', 5));
  const bins = new Array<number>(20).fill(0);
  for (const value of draw('uniform', 20_000)) {
    assert.ok(value >= 0 && value < 1);
    const bin = Math.floor(value * 20);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const statistic = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert.ok(chiSquareTail(statistic, 19) > 0.001, `${statistic}`);
});
