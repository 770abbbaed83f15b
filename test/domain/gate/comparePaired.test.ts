import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePaired } from '../../../src/domain/gate/comparePaired.js';
import type { PairedTest } from '../../../src/domain/gate/judgeDifference.js';
import type { PairedBlock } from '../../../src/domain/gate/types.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';

const DAY = 86_400_000;
const equal: PairedTest = { test: 'non_inferiority', margin: 0, confidence: 0.95 };
const block = (day: number, rows: number, difference: number): PairedBlock => ({
  start: day * DAY,
  rows,
  champion: 0.2 * rows,
  candidate: (0.2 + difference) * rows,
});
const constant = (difference: number, count = 14): readonly PairedBlock[] =>
  Array.from({ length: count }, (_, day) => block(day, 50 + day, difference));

const rows: readonly (readonly [string, readonly PairedBlock[], PairedTest, string])[] = [
  ['the same bytes', constant(0), equal, 'pass'],
  ['the same bytes, asked to be better', constant(0), { ...equal, test: 'superiority' }, 'fail'],
  ['worse, within the margin', constant(0.01), { ...equal, margin: 0.02 }, 'pass'],
  ['worse, beyond the margin', constant(0.03), { ...equal, margin: 0.02 }, 'fail'],
  ['better by more than asked', constant(-0.03), { test: 'superiority', margin: 0.02, confidence: 0.95 }, 'pass'],
  ['better by less than asked', constant(-0.01), { test: 'superiority', margin: 0.02, confidence: 0.95 }, 'fail'],
  ['nine days', constant(0, 9), equal, 'insufficient_data'],
  ['nine days with rows', [...constant(0, 9), block(20, 0, 0)], equal, 'insufficient_data'],
  ['no days', [], equal, 'insufficient_data'],
  ['a loss that is no number', [...constant(0), block(20, 10, NaN)], equal, 'error'],
  ['rows below zero', [...constant(0), block(20, -10, 0)], equal, 'error'],
  ['a negative margin', constant(0), { ...equal, margin: -0.1 }, 'error'],
  ['a margin that is no number', constant(0), { ...equal, margin: NaN }, 'error'],
  ['confidence of one', constant(0), { ...equal, confidence: 1 }, 'error'],
];
for (const [name, blocks, asked, verdict] of rows) {
  test(`${name}: ${verdict}`, () => assert.equal(comparePaired(blocks, asked).verdict, verdict));
}

test('days count by their rows', () => {
  const blocks = [...constant(0, 10), block(10, 5_000, 0.1)];
  const { difference } = comparePaired(blocks, equal);
  assert.ok(Math.abs((difference ?? 0) - 500 / blocks.reduce((sum, day) => sum + day.rows, 0)) < 1e-12);
});

test('the order in which days are given does not matter', () => {
  const next = randomStream('order');
  const blocks = Array.from({ length: 20 }, (_, day) => block(day, 40 + day, next() - 0.5));
  assert.deepEqual(
    comparePaired([...blocks].reverse(), equal).interval?.map((edge) => edge.toFixed(12)),
    comparePaired(blocks, equal).interval?.map((edge) => edge.toFixed(12)),
  );
});

const normal = (next: RandomStream): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/**
 * Paired differences of two equally good models: rows of one day share that day's luck, and days follow an AR(1)
 * series. Rows per day vary.
 */
const equalModels = (next: RandomStream, count: number, correlation: number): readonly (readonly number[])[] => {
  let luck = normal(next);
  return Array.from({ length: count }, () => {
    luck = correlation * luck + Math.sqrt(1 - correlation ** 2) * normal(next);
    const rowsOfDay = 20 + Math.floor(next() * 80);
    return Array.from({ length: rowsOfDay }, () => 0.3 * luck + normal(next));
  });
};

const asBlocks = (differences: readonly (readonly number[])[]): readonly PairedBlock[] =>
  differences.map((day, index) => ({
    start: index * DAY,
    rows: day.length,
    champion: 0,
    candidate: day.reduce((sum, value) => sum + value, 0),
  }));

/** What a test that takes rows for independent would say. */
const rowsLookDifferent = (differences: readonly (readonly number[])[]): boolean => {
  const all = differences.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1);
  return Math.abs(mean) > 1.96 * Math.sqrt(variance / all.length);
};

const RUNS = 2_000;
const NOMINAL = 0.05;
/** Nominal plus three binomial standard errors. */
const LIMIT = NOMINAL + 3 * Math.sqrt((NOMINAL * (1 - NOMINAL)) / RUNS);

for (const [count, correlation] of [
  [10, 0],
  [14, 0],
  [28, 0],
  [10, 0.3],
  [14, 0.3],
  [28, 0.3],
] as const) {
  test(`equal models over ${count} days correlated by ${correlation} are called different no oftener than nominal`, () => {
    const next = randomStream(`equal/${count}/${correlation}`);
    let alarms = 0;
    let naive = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const differences = equalModels(next, count, correlation);
      const [low, high] = comparePaired(asBlocks(differences), equal).interval ?? [NaN, NaN];
      if (!(low <= 0 && high >= 0)) alarms += 1;
      if (rowsLookDifferent(differences)) naive += 1;
    }
    assert.ok(alarms / RUNS <= LIMIT, `${alarms} of ${RUNS}`);
    assert.ok(naive / RUNS > 0.2, `rows taken for independent would have called ${naive} of ${RUNS}`);
  });
}

test('a real difference of half a standard deviation of the days is found in most runs', () => {
  const next = randomStream('power');
  let found = 0;
  for (let run = 0; run < 500; run += 1) {
    const worse = equalModels(next, 28, 0).map((day) => day.map((value) => value + 0.3));
    if (comparePaired(asBlocks(worse), equal).verdict === 'fail') found += 1;
  }
  assert.ok(found > 450, `${found} of 500`);
});
