import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rankHistogram } from '../../../src/domain/rollout/rankHistogram.js';
import type { ReferenceHistogram } from '../../../src/domain/rollout/types.js';

/** Counts of bins, the last of them the missing. */
const trained = (...counts: readonly number[]): ReferenceHistogram => ({ kind: 'numeric', edges: [], counts });
const rounded = (ranks: readonly number[]): readonly number[] => ranks.map((count) => Number(count.toFixed(9)));

test('live counts go where their bins rank in the training', () => {
  assert.deepEqual(
    rounded(rankHistogram(trained(0, 50, 30, 20, 0, 0), [1, 10, 30, 4, 2, 3])),
    [2, 2, 2, 2, 2, 10, 10, 10, 2, 2, 1, 2, 3],
  );
});

test('a bin shares its counts among the ranks that it covers', () => {
  assert.deepEqual(rounded(rankHistogram(trained(25, 75, 0), [10, 0, 0])), [4, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('nothing is lost, whatever was trained on', () => {
  const counts = fc.array(fc.nat(50), { minLength: 3, maxLength: 25 });
  fc.assert(
    fc.property(counts, counts, (reference, values) => {
      const live = reference.map((_, bin) => values[bin] ?? 0);
      const sum = (list: readonly number[]): number => list.reduce((total, count) => total + count, 0);
      fc.pre(sum(reference.slice(0, -1)) > 0);
      assert.ok(Math.abs(sum(rankHistogram(trained(...reference), live)) - sum(live)) < 1e-6);
    }),
  );
});

test('the same values rank alike, whatever their unit and their bins', () => {
  const bins = (edges: readonly number[], values: readonly number[]): readonly number[] => {
    const counts = new Array<number>(edges.length + 2).fill(0);
    for (const value of values) {
      const bin = edges.findIndex((edge) => value <= edge);
      counts[bin < 0 ? edges.length : bin] = (counts[bin < 0 ? edges.length : bin] ?? 0) + 1;
    }
    return counts;
  };
  const hours = Array.from({ length: 2_400 }, (_, index) => index / 100);
  const [coarse, fine] = [
    [6, 12, 18],
    [3, 6, 9, 12, 15, 18, 21],
  ];
  const morning = hours.filter((hour) => hour > 6 && hour <= 12);
  const minutes = (list: readonly number[]): readonly number[] => list.map((hour) => hour * 60);
  const first = rankHistogram(trained(...bins(coarse, hours)), bins(coarse, morning));
  const second = rankHistogram(trained(...bins(minutes(fine), minutes(hours))), bins(minutes(fine), minutes(morning)));
  first.forEach((count, rank) => assert.ok(Math.abs(count - (second[rank] ?? 0)) < 2, `${rank}`));
  const mixed = rankHistogram(trained(...bins(minutes(fine), minutes(hours))), bins(minutes(fine), morning));
  assert.equal((mixed[0] ?? 0) + (mixed[1] ?? 0), morning.length, 'hours among minutes all rank lowest');
});
