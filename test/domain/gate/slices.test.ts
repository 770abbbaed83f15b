/** Rules per value of a column: sizes, multiplicity, and every failing slice told. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { combineGates } from '../../../src/domain/gate/combineGates.js';
import { evaluateGate } from '../../../src/domain/gate/evaluateGate.js';
import type { GateFacts, RuleResult } from '../../../src/domain/gate/types.js';
import type { GateRule, SliceSpec } from '../../../src/domain/spec/gates.js';
import { randomStream } from '../../../src/domain/statistics/randomStream.js';

const DAY = 86_400_000;
const SLICE: SliceSpec = { column: 'port', minRows: 200, undecided: 'block' };
const champion = (margin: number, slice: Partial<SliceSpec> = {}): GateRule => ({
  kind: 'champion',
  metric: 'brier',
  test: 'non_inferiority',
  margin,
  confidence: 0.95,
  slice: { ...SLICE, ...slice },
});
const threshold = (max: number, slice: Partial<SliceSpec> = {}): GateRule => ({
  kind: 'threshold',
  metric: 'brier',
  max,
  slice: { ...SLICE, ...slice },
});

interface Port {
  readonly name: string | null;
  readonly rows: number;
  /** Added to the loss of each of its rows. */
  readonly worse?: number;
  readonly days?: number;
}

/** Labels are 0, so that the Brier loss of a row is its prediction squared; days of one port share their luck. */
const played = (ports: readonly Port[], seed = 'slices', luck = 0.01): GateFacts => {
  const next = randomStream(seed);
  const [port, times, candidate, theirs]: [(string | null)[], number[], number[], number[]] = [[], [], [], []];
  for (const { name, rows, worse = 0, days = 28 } of ports) {
    const ofDay = Array.from({ length: days }, () => luck * (next() - 0.5));
    for (let row = 0; row < rows; row += 1) {
      const loss = 0.1 + 0.05 * next();
      port.push(name);
      times.push((row % days) * DAY);
      theirs.push(Math.sqrt(loss));
      candidate.push(Math.sqrt(loss + worse + (ofDay[row % days] ?? 0)));
    }
  }
  const sample = { times, labels: times.map(() => 0), candidate, champion: theirs, anchors: {} };
  return { sample, evaluation: { port } };
};
const judge = (rule: GateRule, facts: GateFacts): RuleResult => {
  const evidence = { rows: 1000, positives: 10, metrics: {} };
  return evaluateGate({ name: 'g', minRows: 1, rules: [rule] }, evidence, facts).rules[0] as RuleResult;
};
const verdicts = (result: RuleResult): Readonly<Record<string, string>> =>
  Object.fromEntries((result.parts ?? []).map((part) => [part.name, part.verdict]));

describe('slices', () => {
  it('are told by the beginning of a value, and a verdict by the beginning of its reasons', () => {
    const ports = Array.from({ length: 300 }, (_, at) => ({
      name: `${at} ${'x'.repeat(1_000)}`,
      rows: 28,
      worse: 0.2,
    }));
    const result = judge(champion(0.01, { minRows: 28 }), played(ports));
    assert.equal(result.verdict, 'fail');
    assert.equal(result.parts?.length, 300);
    assert.ok(result.parts.every(({ name }) => name.length === 100));
    const { reason } = combineGates([{ gate: 'g', verdict: 'fail', reason: result.reason, rules: [result] }]);
    assert.match(reason, /^g: .*…$/);
    assert.equal(reason.length, 8_000);
  });

  it('pass where every one of them keeps within the margin', () => {
    const result = judge(
      champion(0.02),
      played([
        { name: 'a', rows: 600 },
        { name: 'b', rows: 400 },
      ]),
    );
    assert.equal(result.verdict, 'pass', result.reason);
    assert.equal(result.reason, 'all 2 slices of port pass');
  });

  it('fail together, and each that fails is told with its numbers', () => {
    const ports = [
      { name: 'a', rows: 600 },
      { name: 'b', rows: 500, worse: 0.1 },
      { name: 'c', rows: 400, worse: 0.2 },
    ];
    const result = judge(champion(0.02), played(ports));
    assert.equal(result.verdict, 'fail');
    assert.deepEqual(verdicts(result), { a: 'pass', b: 'fail', c: 'fail' });
    assert.match(
      result.reason,
      /^2 of 3 slices of port fail: b: brier differs by \+0\.\d+ .*500 rows, 28 blocks.*; c: /,
    );
  });

  it('that are too small are judged together', () => {
    const small = Array.from({ length: 10 }, (_, at) => ({ name: `s${at}`, rows: 60, worse: 0.1 }));
    const result = judge(champion(0.02), played([{ name: 'a', rows: 600 }, ...small]));
    assert.deepEqual(verdicts(result), { a: 'pass', '(10 small ones together)': 'fail' });
  });

  it('that are too small even together are told, and hold nothing back', () => {
    const result = judge(
      champion(0.02),
      played([
        { name: 'a', rows: 600 },
        { name: null, rows: 30, worse: 0.3 },
      ]),
    );
    assert.deepEqual(verdicts(result), { a: 'pass', '(missing)': 'skipped' });
    assert.equal(result.verdict, 'pass');
  });

  it('of nothing are one slice, however a table says nothing', () => {
    const ports = [{ name: 'a', rows: 600 }, ...[null, ''].map((name) => ({ name, rows: 300 }))];
    assert.deepEqual(verdicts(judge(champion(0.02), played(ports))), { a: 'pass', '(missing)': 'pass' });
  });

  it('of which none is large enough have too little data', () =>
    assert.equal(judge(champion(0.02), played([{ name: 'a', rows: 150 }])).verdict, 'insufficient_data'));

  it('of fewer than ten blocks have too little data', () => {
    const result = judge(champion(0.02), played([{ name: 'a', rows: 600, days: 9 }]));
    assert.equal(result.verdict, 'insufficient_data');
    assert.match(result.reason, /9 blocks with rows, at least 10/);
  });

  it('whose interval spans the limit are inconclusive, or accepted where the rule says so', () => {
    const facts = played([{ name: 'a', rows: 600, worse: 0.02 }], 'spans', 0.05);
    assert.equal(judge(champion(0.02), facts).verdict, 'inconclusive');
    assert.equal(judge(champion(0.02, { undecided: 'accept' }), facts).verdict, 'pass');
  });

  it('of a threshold are held to it by their whole interval', () => {
    const facts = played([
      { name: 'a', rows: 600 },
      { name: 'b', rows: 600, worse: 0.1 },
    ]);
    assert.deepEqual(verdicts(judge(threshold(0.2), facts)), { a: 'pass', b: 'fail' });
  });

  it('tie with the champion and are not better', () => {
    const facts = played([{ name: 'a', rows: 600 }], 'tie', 0);
    assert.equal(judge({ ...champion(0), test: 'superiority' } as GateRule, facts).verdict, 'fail');
    assert.equal(judge(champion(0), facts).verdict, 'pass');
  });

  const wrong: readonly (readonly [string, GateRule, GateFacts, string])[] = [
    [
      'no champion',
      champion(0),
      { ...played([]), sample: { times: [], labels: [], candidate: [], anchors: {} } },
      'skipped',
    ],
    ['no rows', champion(0), {}, 'error'],
    ['a column that is not there', champion(0, { column: 'pier' }), played([{ name: 'a', rows: 300 }]), 'error'],
    [
      'a column that names rows',
      champion(0),
      played(Array.from({ length: 2_001 }, (_, at) => ({ name: `${at}`, rows: 1 }))),
      'error',
    ],
    [
      'a metric that is no mean',
      { ...threshold(0.2), metric: 'roc_auc' } as GateRule,
      played([{ name: 'a', rows: 300 }]),
      'error',
    ],
    ['predictions that are no numbers', threshold(0.2), { ...played([{ name: 'a', rows: 300, worse: NaN }]) }, 'error'],
  ];
  for (const [why, rule, facts, verdict] of wrong)
    it(`of ${why}: ${verdict}`, () => assert.equal(judge(rule, facts).verdict, verdict));

  /** One slice alone is what its own interval says: Holm's steps change nothing of one p-value. */
  const alone = (limits: { readonly min?: number; readonly max?: number }, confidence?: number) => {
    const rule = { kind: 'threshold', metric: 'brier', ...limits, slice: SLICE } as const;
    const facts = played([{ name: 'a', rows: 600 }], 'alone', 0.05);
    const part = judge({ ...rule, ...(confidence === undefined ? {} : { confidence }) }, facts).parts?.[0];
    assert.ok(part?.observed !== undefined && part.interval !== undefined);
    return { verdict: part.verdict, value: part.observed, interval: part.interval };
  };
  /** Limits from well below to well above, close together: every one of them is on the side that it must be on. */
  const around = (value: number, [low, high]: readonly [number, number]): readonly number[] =>
    Array.from({ length: 201 }, (_, at) => value + ((at - 100) / 47) * (high - low));

  it('fail where their whole interval is beyond the limit, pass where it is within, and are undecided in between', () => {
    const { value, interval } = alone({ max: 1 });
    const [low, high] = interval;
    for (const limit of around(value, interval)) {
      const above = limit < low ? 'fail' : limit >= high ? 'pass' : 'inconclusive';
      assert.equal(alone({ max: limit }).verdict, above, `at most ${limit}, ${low} to ${high}`);
      const below = limit > high ? 'fail' : limit <= low ? 'pass' : 'inconclusive';
      assert.equal(alone({ min: limit }).verdict, below, `at least ${limit}, ${low} to ${high}`);
    }
  });

  it('of two limits fail by either only where the interval of half the chance is beyond it', () => {
    const { value, interval } = alone({ max: 1 });
    const [low, high] = alone({ max: 1 }, 0.975).interval;
    assert.ok(low < interval[0] && high > interval[1]);
    for (const limit of around(value, interval)) {
      assert.equal(alone({ min: 0, max: limit }).verdict === 'fail', limit < low, `0 to ${limit}, ${low}`);
      assert.equal(alone({ min: limit, max: 1 }).verdict === 'fail', limit > high, `${limit} to 1, ${high}`);
    }
  });

  it('whose rows all lose the same are what they are, without an interval', () => {
    const times = Array.from({ length: 600 }, (_, row) => (row % 20) * DAY);
    const sample = { times, labels: times.map(() => 0), candidate: times.map(() => 0.5), anchors: {} };
    const facts: GateFacts = { sample, evaluation: { port: times.map(() => 'a') } };
    const verdicts = [0.24, 0.25, 0.26].map((max) => judge(threshold(max), facts).verdict);
    assert.deepEqual(verdicts, ['fail', 'pass', 'pass']);
  });

  it('of exactly as many rows as are asked for are judged by themselves', () => {
    const ports = ['a', 'b', 'c'].map((name, at) => ({ name, rows: 200 - at }));
    const result = judge(champion(0.02), played(ports));
    assert.deepEqual(verdicts(result), { a: 'pass', '(2 small ones together)': 'pass' });
    assert.deepEqual(verdicts(judge(champion(0.02), played(ports.slice(0, 1)))), { a: 'pass' });
    assert.deepEqual(verdicts(judge(champion(0.02), played(ports.slice(1, 2)))), { b: 'skipped' });
  });

  it('of equal models are called worse in at most 2.5 % of comparisons, all twenty together', () => {
    const RUNS = 400;
    let together = 0;
    let alone = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const ports = Array.from({ length: 20 }, (_, at) => ({ name: `p${at}`, rows: 60 }));
      const result = judge(champion(0, { minRows: 50 }), played(ports, `equal/${run}`, 0.1));
      if (result.verdict === 'fail') together += 1;
      if (result.parts?.some((part) => (part.interval?.[0] ?? 0) > 0)) alone += 1;
    }
    const limit = 0.025 + 3 * Math.sqrt((0.025 * 0.975) / RUNS);
    assert.ok(together / RUNS <= limit, `${together} of ${RUNS}`);
    assert.ok(alone / RUNS > 0.2, `without Holm's steps ${alone} of ${RUNS} would have been called worse`);
  });
});
