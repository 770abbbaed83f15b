import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kolmogorovSmirnov, wasserstein } from '../../../src/domain/statistics/ecdfDistances.js';
import { kolmogorovTail } from '../../../src/domain/statistics/kolmogorovTail.js';
import { kolmogorovTest } from '../../../src/domain/statistics/kolmogorovTest.js';
import { assertMatches, oracle } from './oracle.js';

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

for (const { name, reference, current, ...expected } of oracle.samples) {
  test(`two samples, ${name}`, () => {
    const distance = kolmogorovSmirnov(sorted(reference), sorted(current));
    assertMatches(distance, expected.ks, 'D');
    assertMatches(kolmogorovTest(distance, reference.length, current.length), expected.pValue, 'p');
    assertMatches(wasserstein(sorted(reference), sorted(current)), expected.wasserstein, 'Wasserstein');
  });
}

test("the tail of Kolmogorov's distribution, in every part of its range", () => {
  for (const { n, d, tail } of oracle.kolmogorovTail) assertMatches(kolmogorovTail(n, d), tail, `n ${n}, d ${d}`);
  assert.deepEqual([kolmogorovTail(10, 0.01), kolmogorovTail(10, 1), kolmogorovTail(100_000, 0.5)], [1, 0, 0]);
});

test('large samples take the one-sample distribution', () => {
  assert.equal(kolmogorovTest(0.02, 20_000, 10_000), kolmogorovTail(6_667, 0.02));
});

test('small p-values keep their digits', () => {
  // Of the binomial(2n, n) orders of two samples of n only two separate them.
  assertMatches(kolmogorovTest(1, 30, 30), 2 / 118_264_581_564_861_420, 'apart');
});

test('of nothing there is no distance and no p-value', () => {
  for (const value of [
    kolmogorovSmirnov([], [1]),
    wasserstein([1], []),
    kolmogorovTest(0.1, 0, 5),
    kolmogorovTest(NaN, 5, 5),
  ]) {
    assert.ok(Number.isNaN(value));
  }
});
