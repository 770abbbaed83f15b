import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { binLabels } from '../../../src/domain/drift/binLabels.js';
import { checkQuality, type QualityQuestion } from '../../../src/domain/drift/checkQuality.js';
import { designEffect } from '../../../src/domain/drift/designEffect.js';
import { advanceWatermark, dueWindows, type Watermark } from '../../../src/domain/drift/dueWindows.js';
import { rowsOfVersion, type WindowRows } from '../../../src/domain/drift/windowRows.js';
import { randomStream, type RandomStream } from '../../../src/domain/statistics/randomStream.js';
import { DAY, features, production, trainedOn } from './production.js';

const reference = trainedOn(randomStream('training'));
const rows = production(randomStream('quality'));
const ask = (change: Partial<WindowRows>, more: Partial<QualityQuestion> = {}): QualityQuestion => ({
  rows: { ...rows, ...change },
  window: { start: 0, end: 7 * DAY },
  features,
  references: reference.features,
  minRows: 500,
  ...more,
});
const column = (name: string, value: number | string | null, every: number): Partial<WindowRows> => ({
  features: {
    ...rows.features,
    [name]: (rows.features[name] ?? []).map((old, row) => (row % every === 0 ? value : old)),
  },
});
const failing = (question: QualityQuestion): readonly string[] =>
  checkQuality(question)
    .filter((check) => check.verdict === 'fail')
    .map(({ name, subject }) => `${name} ${subject}`);

const table: readonly (readonly [string, QualityQuestion, readonly string[]])[] = [
  ['an ordinary window', ask({}), []],
  ['half of the usual rows', ask({}, { usualRows: 5_000 }), ['volume volume']],
  ['nothing for the last third', ask({}, { window: { start: 0, end: 11 * DAY } }), ['freshness volume']],
  [
    'nothing of this version, but of another',
    ask({}, { window: { start: 0, end: 11 * DAY }, newest: 11 * DAY - 1 }),
    [],
  ],
  [
    'a segment logged twice',
    ask({ predictionId: rows.predictionId.map((id, row) => (row < 300 ? 'same' : id)) }),
    ['duplicates volume'],
  ],
  [
    'a prediction that is no probability',
    ask({ prediction: rows.prediction.map((value, row) => (row === 5 ? NaN : value)) }),
    ['range prediction'],
  ],
  ['one null in ten', ask(column('a', null, 10)), ['nulls a']],
  ['one null in a thousand', ask(column('a', null, 1_000)), []],
  ['numbers that are missing as NaN', ask(column('a', NaN, 10)), ['nulls a']],
  ['out of range', ask(column('b', 11, 50)), ['range b']],
  ['once out of range', ask(column('b', 11, 2_000)), []],
  ['texts among numbers', ask(column('b', '1.5', 50)), ['range b']],
  ['an airport never seen', ask(column('origin', 'XXX', 8)), ['categories origin']],
  [
    'both columns',
    ask({
      features: { ...column('a', null, 5).features, origin: column('origin', 'XXX', 5).features?.['origin'] ?? [] },
    }),
    ['nulls a', 'categories origin'],
  ],
];
for (const [name, question, expected] of table) {
  test(`quality of ${name}: ${expected.join(', ') || 'good'}`, () => assert.deepEqual(failing(question), expected));
}

test('a declared category list is a list', () => {
  const declared = features.map((feature) =>
    feature.name === 'origin' ? { ...feature, categories: ['AUS', 'BOS', 'DEN', 'JFK', 'LAX'] } : feature,
  );
  assert.deepEqual(failing(ask({}, { features: declared })), ['range origin']);
});

test('fewer rows than asked for are no fault, but not enough', () => {
  const [volume] = checkQuality(ask({}, { minRows: 5_000 }));
  assert.equal(volume?.verdict, 'insufficient_data');
});

/** Ten days of 200 rows over `bins` bins; `lean` of a day adds to the first bin what it takes from the others. */
const days = (next: RandomStream, bins: number, lean: () => number): readonly (readonly number[])[] =>
  Array.from({ length: 10 }, () => {
    const counts = new Array<number>(bins).fill(0);
    const first = 1 / bins + lean();
    for (let row = 0; row < 200; row += 1) {
      const bin = next() < first ? 0 : 1 + Math.floor(next() * (bins - 1));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return counts;
  });

test('days that are alike within cost rows, days that differ by chance do not', () => {
  const next = randomStream('blocks');
  const mean = (lean: () => number): { readonly effect: number; readonly degrees: number } => {
    const all = Array.from({ length: 50 }, () => designEffect(days(next, 8, lean)));
    const of = (value: (effect: (typeof all)[number]) => number): number =>
      all.reduce((sum, effect) => sum + value(effect), 0) / all.length;
    return { effect: of(({ effect }) => effect), degrees: of(({ degrees }) => degrees) };
  };
  const chance = mean(() => 0);
  assert.ok(chance.effect < 1.3 && chance.degrees > 5, JSON.stringify(chance));
  const moody = mean(() => 0.4 * next());
  assert.ok(moody.effect > 2 && moody.degrees < 4, JSON.stringify(moody));
});

test('of one day, of one bin, and of nothing no effect is known', () => {
  for (const blocks of [
    [],
    [[5, 3]],
    [
      [5, 0],
      [3, 0],
      [4, 0],
    ],
  ])
    assert.deepEqual([designEffect(blocks).effect, designEffect(blocks).degrees], [1, 1]);
});

test('bins are named for people', () => {
  assert.deepEqual(binLabels({ kind: 'numeric', edges: [1, 2.5], counts: [] }), [
    'up to 1',
    '1 to 2.5',
    'above 2.5',
    'missing',
  ]);
  assert.deepEqual(binLabels({ kind: 'numeric', edges: [], counts: [] }), ['any', 'missing']);
  assert.deepEqual(binLabels({ kind: 'categorical', categories: ['x'], counts: [] }), ['x', 'other', 'missing']);
});

test('the rows of one version are taken out whole', () => {
  const two = { ...production(randomStream('two'), { days: 1, perDay: 4 }), version: ['v1', 'v2', 'v1', 'v2'] };
  const one = rowsOfVersion(two, 'v2');
  assert.deepEqual(
    [one.rows, one.predictionId, one.features['a']],
    [2, ['r0#1', 'r0#3'], [two.features['a']?.[1], two.features['a']?.[3]]],
  );
});

const weekly = { windowMs: 7 * DAY, labelDelayMs: DAY };
const short = ({ window, phase }: { window: { start: number; end: number }; phase: string }): string =>
  `${window.start / DAY}-${window.end / DAY} ${phase}`;

test('windows are due when they have ended, and again when their labels are mature', () => {
  assert.deepEqual(dueWindows(weekly, undefined, 0.4 * DAY, 6.9 * DAY, 9), []);
  const [first] = dueWindows(weekly, undefined, 0.4 * DAY, 7 * DAY, 9);
  assert.ok(first !== undefined);
  assert.equal(short(first), '0-7 early');
  const mark = advanceWatermark(undefined, first);
  assert.deepEqual(dueWindows(weekly, mark, 0, 7.5 * DAY, 9), []);
  assert.deepEqual(dueWindows(weekly, mark, 0, 8 * DAY, 9).map(short), ['0-7 complete']);
});

test('a backlog is worked off in order, so many at a time, each once where its labels are mature', () => {
  assert.deepEqual(dueWindows(weekly, undefined, 0, 29 * DAY, 2).map(short), ['0-7 complete', '7-14 complete']);
  assert.deepEqual(dueWindows(weekly, undefined, 0, 28 * DAY, 9).map(short), [
    '0-7 complete',
    '7-14 complete',
    '14-21 complete',
    '21-28 early',
  ]);
});

test('every window is measured with labels exactly once, and early at most once, whenever one looks', () => {
  const hours = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(
      hours,
      fc.nat(400),
      fc.array(fc.nat(300), { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      (windowHours, delayHours, waits, most) => {
        const plan = { windowMs: windowHours * 3_600_000, labelDelayMs: delayHours * 3_600_000 };
        const seen: Record<'early' | 'complete', number[]> = { early: [], complete: [] };
        let mark: Watermark | undefined;
        let now = 0;
        for (const wait of waits) {
          now += wait * 3_600_000;
          for (const due of dueWindows(plan, mark, 0, now, most)) {
            assert.ok(due.window.end + (due.phase === 'complete' ? plan.labelDelayMs : 0) <= now);
            seen[due.phase].push(due.window.start / plan.windowMs);
            mark = advanceWatermark(mark, due);
          }
        }
        assert.deepEqual(seen.complete, Array.from(seen.complete.keys()));
        assert.equal(new Set(seen.early).size, seen.early.length);
      },
    ),
  );
});
