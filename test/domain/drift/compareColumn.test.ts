import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareColumn } from '../../../src/domain/drift/compareColumn.js';
import { binIndex } from '../../../src/domain/drift/histogram.js';
import type { ReferenceHistogram } from '../../../src/domain/rollout/types.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';
import { DAY } from './production.js';

const normal = (next: RandomStream): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** Rows of days, each of which has a mood of its own. */
const column = (next: RandomStream, days: number, perDay: number, mood: number): readonly number[] =>
  Array.from({ length: days }, () => mood * normal(next)).flatMap((today) =>
    Array.from({ length: perDay }, () => today + normal(next)),
  );

const edges = Array.from({ length: 11 }, (_, index) => -2 + index * 0.4);

const reference = (values: readonly number[]): ReferenceHistogram => {
  const empty = { kind: 'numeric', edges, counts: new Array<number>(edges.length + 2).fill(0) } as const;
  const counts = [...empty.counts];
  for (const value of values) {
    const bin = binIndex(empty, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { ...empty, counts };
};

const RUNS = 400;
const ALPHA = 0.02;
const WEEK = { start: 0, end: 7 * DAY };

for (const [mood, worst] of [
  [0, ALPHA],
  [0.3, 1.5 * ALPHA],
  [0.6, 2 * ALPHA],
] as const) {
  test(`weeks of days whose moods are ${mood} differ from the training no oftener than their p-values say`, () => {
    const next = randomStream(`mood ${mood}`);
    const eventTime = Array.from({ length: 350 }, (_, row) => (row / 50) * DAY);
    let significant = 0;
    let apart = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const trained = reference(column(next, 60, 50, mood));
      const found = compareColumn(trained, column(next, 7, 50, mood), eventTime, WEEK, ALPHA);
      assert.ok(found !== undefined);
      if (found.pValue < ALPHA) significant += 1;
      if (found.interval[0] > 0) apart += 1;
    }
    const limit = RUNS * worst + 3 * Math.sqrt(RUNS * worst);
    assert.ok(significant <= limit, `${significant} of ${RUNS} p-values below ${ALPHA}`);
    assert.ok(apart <= limit, `${apart} of ${RUNS} intervals above 0`);
  });
}

test('of nothing there is no comparison', () => {
  assert.equal(compareColumn(reference([]), [1], [0], WEEK, ALPHA), undefined);
  assert.equal(compareColumn(reference([1]), [], [], WEEK, ALPHA), undefined);
});
