/** Rules beyond threshold and champion: each kind's verdicts, and that nothing passes without its facts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { evaluateGate } from '../../../src/domain/gate/evaluateGate.js';
import type { GateEvidence, GateFacts, RuleResult, TableColumns } from '../../../src/domain/gate/types.js';
import type { GateRule } from '../../../src/domain/spec/gates.js';
import type { FeatureSpec } from '../../../src/domain/spec/types.js';

const DAY = 86_400_000;
const FEATURES: readonly FeatureSpec[] = [
  { name: 'hour', type: 'number', log: 'value', min: 0, max: 24 },
  { name: 'seats', type: 'integer', log: 'value' },
  { name: 'origin', type: 'string', log: 'value', categories: ['ATL', 'DEN'] },
];
const signature = { features: FEATURES, label: 'late', eventTime: 'at' };
const table = (rows: number, from = 100, changes: TableColumns = {}): TableColumns => ({
  hour: Array.from({ length: rows }, (_, row) => row % 24),
  seats: Array.from({ length: rows }, (_, row) => row),
  origin: Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 'ATL' : 'DEN')),
  late: Array.from({ length: rows }, (_, row) => row % 2),
  at: Array.from({ length: rows }, (_, row) => from * DAY + row),
  id: Array.from({ length: rows }, (_, row) => `${from}-${row}`),
  ...changes,
});
const whole: GateEvidence = { rows: 1400, positives: 300, metrics: { brier: 0.1 } };
const facts: GateFacts = { signature, evaluation: table(100), reference: table(100, 0), now: 110 * DAY };
const judge = (rule: GateRule, given: GateFacts = facts): RuleResult => {
  const result = evaluateGate({ name: 'g', minRows: 1, rules: [rule] }, whole, given).rules[0];
  assert.ok(result !== undefined);
  return result;
};

type Row = readonly [why: string, rule: GateRule, facts: GateFacts, verdict: string, reason: RegExp];
const data = (asked: object): GateRule => ({ kind: 'data', table: 'evaluation', ...asked });
const evaluation = (changes: TableColumns): GateFacts => ({ ...facts, evaluation: table(100, 100, changes) });
const some = <T>(first: number, odd: T, usual: readonly (T | null)[]): readonly (T | null)[] =>
  usual.map((value, row) => (row < first ? odd : value));
const hours = Array.from({ length: 100 }, () => 5);
const behaviour = (prediction: 'same' | 'rises' | 'falls', asked: object = {}): GateRule => ({
  kind: 'behaviour',
  feature: 'hour',
  change: { by: 1 },
  prediction,
  tolerance: 0.01,
  maxViolations: 0,
  rows: 100,
  ...asked,
});
const moved = (...moves: readonly number[]): GateFacts => ({
  probes: { 0: { before: moves.map(() => 0.5), after: moves.map((move) => 0.5 + move) } },
});
const cases: GateRule = {
  kind: 'cases',
  cases: [
    { name: 'dawn', given: { hour: 5 }, max: 0.3 },
    { name: 'dusk', given: { hour: 20 }, min: 0.6 },
  ],
};
const command: GateRule = {
  kind: 'command',
  run: 'node fair.mjs',
  writes: 'fair.json',
  timeoutMs: 1,
  metrics: { gap: { max: 0.1 }, cover: { min: 0.9 } },
};
const wrote = (metrics: Readonly<Record<string, unknown>>): GateFacts => ({ commands: { 0: { metrics } } });
const latency = (max: number): GateRule => ({ kind: 'budget', budget: 'latency_p95', max });
const latencies = Array.from({ length: 400 }, (_, at) => 1 + at / 100);

const ROWS: readonly Row[] = [
  [
    'a model within its bytes',
    { kind: 'budget', budget: 'model_bytes', max: 10 },
    { sizes: { model_bytes: 10 } },
    'pass',
    /is 10, within 10/,
  ],
  [
    'a model beyond its bytes',
    { kind: 'budget', budget: 'model_bytes', max: 9 },
    { sizes: { model_bytes: 10 } },
    'fail',
    /is 10, above 9/,
  ],
  ['bytes that are not known', { kind: 'budget', budget: 'artifact_bytes', max: 9 }, {}, 'error', /not known/],
  [
    'a limit that is no number',
    { kind: 'budget', budget: 'model_bytes', max: NaN },
    { sizes: { model_bytes: 1 } },
    'error',
    /no usable limit/,
  ],
  ['a latency within its budget', latency(6), { latencies }, 'pass', /is 4.79 ms .*400 requests/],
  ['a latency beyond its budget', latency(3), { latencies }, 'fail', /at most 3 ms/],
  ['a latency about its budget', latency(4.8), { latencies }, 'inconclusive', /interval/],
  [
    'a latency of few requests',
    latency(9),
    { latencies: latencies.slice(0, 20) },
    'insufficient_data',
    /no upper bound/,
  ],
  ['a latency of no request', latency(9), { latencies: [] }, 'insufficient_data', /no request/],
  ['a latency that could not be had', latency(9), { latencies: { unavailable: 'no answer' } }, 'error', /no answer/],
  ['a latency that is no number', latency(9), { latencies: [NaN] }, 'error', /no number/],
  ['enough rows', data({ minRows: 100 }), facts, 'pass', /all 1 checks pass/],
  ['too few rows', data({ minRows: 101 }), facts, 'fail', /100 rows, at least 101/],
  ['an empty table', data({ minRows: 1 }), { ...facts, evaluation: table(0) }, 'insufficient_data', /no rows/],
  ['a table that is not there', data({ minRows: 1 }), { signature }, 'error', /not there/],
  ['no missing values', data({ maxNulls: 0 }), facts, 'pass', /all 5 checks/],
  [
    'labels that are missing',
    data({ maxNulls: 0.01 }),
    evaluation({ late: some<number | string>(2, '', hours) }),
    'fail',
    /2 % of late is missing, at most 1 %/,
  ],
  [
    'event times that are missing',
    data({ maxNulls: 0 }),
    evaluation({ at: some(2, null, hours) }),
    'fail',
    /2 % of at is missing/,
  ],
  [
    'texts that are empty',
    data({ maxNulls: 0, maxInvalid: 0 }),
    evaluation({
      origin: some<string>(
        3,
        '',
        hours.map(() => 'ATL'),
      ),
    }),
    'fail',
    /^1 of 10 checks fail: origin nulls: 3 % of origin is missing, at most 0 % may be$/,
  ],
  [
    'a training table without labels',
    { kind: 'data', table: 'reference', maxNulls: 0 },
    { ...facts, reference: { hour: hours, seats: hours, origin: hours.map(() => 'ATL'), at: hours } },
    'pass',
    /all 4 checks/,
  ],
  [
    'missing values',
    data({ maxNulls: 0.05 }),
    evaluation({ hour: some(6, null, hours) }),
    'fail',
    /6 % of hour is missing, at most 5 %/,
  ],
  [
    'as many missing values as may be',
    data({ maxNulls: 0.06 }),
    evaluation({ hour: some(6, NaN, hours) }),
    'pass',
    /pass/,
  ],
  [
    'values out of range',
    data({ maxInvalid: 0 }),
    evaluation({ hour: some(1, 25, hours) }),
    'fail',
    /1 % of hour is outside of 0 to 24/,
  ],
  [
    'values of another type',
    data({ maxInvalid: 0 }),
    evaluation({ hour: [...hours.slice(1), 'noon'] }),
    'fail',
    /1 % of hour is no number/,
  ],
  [
    'whole numbers that are not whole',
    data({ maxInvalid: 0 }),
    evaluation({ seats: hours.map(() => 1.5) }),
    'fail',
    /100 % of seats is no integer/,
  ],
  [
    'a category that nobody declared',
    data({ maxInvalid: 0 }),
    evaluation({ origin: hours.map(() => 'JFK') }),
    'fail',
    /origin is no declared category/,
  ],
  [
    'two faults at once, both told',
    data({ maxNulls: 0, maxInvalid: 0 }),
    evaluation({ hour: [null, 30, ...hours.slice(2)] }),
    'fail',
    /hour is missing.*hour is outside/,
  ],
  [
    'rows that repeat',
    data({ maxDuplicates: 0.01 }),
    evaluation({ hour: hours, seats: hours, late: hours, at: hours }),
    'fail',
    /98 of 100 rows repeat/,
  ],
  ['rows of which none repeats', data({ maxDuplicates: 0 }), facts, 'pass', /pass/],
  ['rows that are fresh', data({ maxAgeMs: 10 * DAY }), facts, 'pass', /pass/],
  ['rows that are old', data({ maxAgeMs: 9 * DAY }), facts, 'fail', /10 days old, at most 9 days/],
  [
    'one row of a far future among old ones',
    data({ maxAgeMs: 9 * DAY }),
    evaluation({ at: [...hours.slice(1).map(() => DAY), 40_000 * DAY] }),
    'error',
    /39900 days ahead of the clock/,
  ],
  [
    'a row that is a little ahead of a clock that stands',
    data({ maxAgeMs: 9 * DAY }),
    evaluation({ at: hours.map(() => 111 * DAY) }),
    'pass',
    /pass/,
  ],
  [
    'age before anything was logged',
    data({ maxAgeMs: DAY, minRows: 1 }),
    { signature, evaluation: table(100) },
    'pass',
    /all 1 checks/,
  ],
  [
    'event times that are no numbers',
    data({ maxAgeMs: DAY }),
    evaluation({ at: hours.map(() => NaN) }),
    'error',
    /no number/,
  ],
  ['a rule that asks for nothing', data({}), facts, 'error', /asks for nothing/],
  [
    'evaluation after all of training',
    { kind: 'leakage', by: 'time', columns: [], max: 0 },
    facts,
    'pass',
    /^0 of 100/,
  ],
  [
    'evaluation within training',
    { kind: 'leakage', by: 'time', columns: [], max: 0 },
    { ...facts, reference: table(100) },
    'fail',
    /100 of 100 evaluation rows \(100 %\) are not after/,
  ],
  [
    'times that are no numbers',
    { kind: 'leakage', by: 'time', columns: [], max: 0 },
    evaluation({ at: [NaN] }),
    'error',
    /no number/,
  ],
  [
    'an empty training table',
    { kind: 'leakage', by: 'time', columns: [], max: 0 },
    { ...facts, reference: table(0) },
    'insufficient_data',
    /no rows/,
  ],
  [
    'rows that training has as text, because of an odd one there',
    { kind: 'leakage', by: 'key', columns: ['seats'], max: 0 },
    { ...facts, reference: table(101, 0, { seats: [...hours.keys(), 'X7'].map(String) }) },
    'error',
    /seats is text in one table and a number in the other/,
  ],
  [
    'times that are text in training, where a row is named by them',
    { kind: 'leakage', by: 'key', columns: [], max: 0 },
    { ...facts, reference: table(100, 0, { at: hours.map(() => '2001-01-01') }) },
    'error',
    /at is text in one table/,
  ],
  [
    'rows that training has as text of digits',
    { kind: 'leakage', by: 'key', columns: ['seats'], max: 0 },
    { ...facts, reference: table(100, 0, { seats: [...hours.keys()].map((seat) => `0${seat}`) }) },
    'fail',
    /100 of 100 evaluation rows/,
  ],
  [
    'text of digits that differs as text does, in both tables',
    { kind: 'leakage', by: 'key', columns: ['seats'], max: 0 },
    {
      ...facts,
      evaluation: table(100, 100, { seats: [...hours.keys()].map(String) }),
      reference: table(100, 0, { seats: [...hours.keys()].map((seat) => `0${seat}`) }),
    },
    'pass',
    /^0 of 100/,
  ],
  [
    'a key that is missing in all rows of training',
    { kind: 'leakage', by: 'key', columns: ['seats'], max: 0 },
    { ...facts, reference: table(100, 0, { seats: hours.map(() => null) }) },
    'pass',
    /^0 of 100/,
  ],
  ['no row of training', { kind: 'leakage', by: 'key', columns: [], max: 0 }, facts, 'pass', /^0 of 100/],
  [
    'rows of training',
    { kind: 'leakage', by: 'key', columns: [], max: 0.5 },
    { ...facts, reference: table(60) },
    'fail',
    /60 of 100 .* have a row that training has/,
  ],
  [
    'keys of training',
    { kind: 'leakage', by: 'key', columns: ['seats'], max: 0 },
    facts,
    'fail',
    /100 of 100 .* have a seats/,
  ],
  [
    'keys that a table lacks',
    { kind: 'leakage', by: 'key', columns: ['tail'], max: 0 },
    facts,
    'error',
    /no column tail/,
  ],
  ['a prediction that stays', behaviour('same'), moved(0, 0.009, -0.009), 'pass', /^0 of 3/],
  [
    'a prediction that should stay',
    behaviour('same'),
    moved(0, 0.2, -0.3),
    'fail',
    /2 of 3 predictions do otherwise, by up to 0.3/,
  ],
  ['as many as may move', behaviour('same', { maxViolations: 0.5 }), moved(0, 0.2), 'pass', /1 of 2/],
  ['a prediction that rises', behaviour('rises'), moved(0.1, 0.2, 0), 'pass', /^0 of 3/],
  ['a prediction that should rise', behaviour('rises'), moved(0.1, -0.2), 'fail', /1 of 2/],
  ['a prediction that should fall', behaviour('falls'), moved(0.1, -0.2), 'fail', /1 of 2/],
  ['a direction that nothing follows', behaviour('rises'), moved(0, 0), 'fail', /no prediction of 2 changed/],
  ['no row that could be changed', behaviour('same'), moved(), 'insufficient_data', /no row/],
  ['a prediction that is no number', behaviour('same'), moved(NaN), 'error', /no number/],
  ['predictions that are not there', behaviour('same'), {}, 'error', /nothing was predicted/],
  ['cases that are answered', cases, { probes: { 0: { before: [], after: [0.1, 0.7] } } }, 'pass', /all 2 cases/],
  [
    'cases that are not, both told',
    cases,
    { probes: { 0: { before: [], after: [0.4, 0.5] } } },
    'fail',
    /2 of 2 cases fail: dawn: 0.4, above 0.3; dusk: 0.5, below 0.6/,
  ],
  ['a case without an answer', cases, { probes: { 0: { before: [], after: [0.1] } } }, 'error', /dusk/],
  [
    'a command whose numbers keep their limits',
    command,
    wrote({ gap: 0.05, cover: 0.95 }),
    'pass',
    /the repository's own word/,
  ],
  [
    'a command whose numbers do not',
    command,
    wrote({ gap: 0.2, cover: 0.5 }),
    'fail',
    /gap is 0.2, above 0.1; cover is 0.5, below 0.9/,
  ],
  ['a command that left a number out', command, wrote({ gap: 0.05 }), 'insufficient_data', /cover was not written/],
  ['a command that wrote text', command, wrote({ gap: '0.05', cover: 1 }), 'error', /gap is no number/],
  ['a command that failed', command, { commands: { 0: { unavailable: 'exit code 1' } } }, 'error', /exit code 1/],
  ['a command that was not run', command, {}, 'error', /not run/],
];

describe('rules of gates', () => {
  for (const [why, rule, given, verdict, reason] of ROWS) {
    it(`${rule.kind}: ${why}: ${verdict}`, () => {
      const result = judge(rule, given);
      assert.equal(result.verdict, verdict, result.reason);
      assert.match(result.reason, reason);
    });
  }

  it('report a rule that fails beside evidence that is unfit', () => {
    const rules: readonly GateRule[] = [
      { kind: 'threshold', metric: 'brier', max: 0.2 },
      { kind: 'leakage', by: 'time', columns: [], max: 0 },
    ];
    const few = { ...whole, rows: 5, positives: 2 };
    const result = evaluateGate({ name: 'g', minRows: 10, rules }, few, { ...facts, reference: table(100) });
    assert.equal(result.verdict, 'fail');
    assert.match(result.reason, /5 rows, at least 10 are needed; 100 of 100/);
  });

  it('call what a command wrote the word of the repository', () =>
    assert.equal(judge(command, wrote({ gap: 0, cover: 1 })).wordOf, 'repository'));

  const anything = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, 0.5, 1, null, ''));
  it('never pass on numbers that are none, whatever is thrown at them', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 12 }), fc.array(anything, { maxLength: 12 }), (a, b) => {
        const numbers = [...a, ...b] as readonly number[];
        const odd = numbers.some((value) => !Number.isFinite(value));
        const given: GateFacts = {
          probes: { 0: { before: a as readonly number[], after: b as readonly number[] } },
          latencies: numbers,
          commands: { 0: { metrics: { gap: numbers[0], cover: numbers[1] } } },
        };
        for (const rule of [behaviour('same', { tolerance: 1, maxViolations: 1 }), cases, command, latency(1e300)]) {
          const { verdict } = judge(rule, given);
          if (verdict !== 'pass') continue;
          assert.ok(rule.kind !== 'budget' || !odd, 'latencies');
          assert.ok(rule.kind !== 'behaviour' || (a.length > 0 && a.every(Number.isFinite)), 'behaviour');
          assert.ok(rule.kind !== 'cases' || (b.length >= 2 && b.slice(0, 2).every(Number.isFinite)), 'cases');
          assert.ok(rule.kind !== 'command' || numbers.slice(0, 2).every(Number.isFinite), 'command');
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
