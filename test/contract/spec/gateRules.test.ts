/** Rules of gates as people write them: what they become, and what is said of mistakes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { formatProblem } from '../../../src/contract/yaml/problem.js';

const BASE = readFileSync(new URL('base.txt', import.meta.url), 'utf8');
const withRule = (rule: string): string => BASE.replace('{metric: brier, max: 0.2}', rule);
const DIGEST = `sha256:${'a'.repeat(64)}`;

const READ: readonly (readonly [written: string, rule: object])[] = [
  [
    '{metric: calibration_error, max: 0.05, confidence: 0.9}',
    { kind: 'threshold', metric: 'calibration_error', max: 0.05, confidence: 0.9 },
  ],
  [
    '{metric: brier, max: 0.3, slice: origin}',
    {
      kind: 'threshold',
      metric: 'brier',
      max: 0.3,
      slice: { column: 'origin', minRows: 200, undecided: 'block' },
    },
  ],
  [
    '{champion: log_loss, margin: 0.1, slice: tail, minRows: 50, undecided: accept}',
    {
      kind: 'champion',
      metric: 'log_loss',
      test: 'non_inferiority',
      margin: 0.1,
      confidence: 0.95,
      slice: { column: 'tail', minRows: 50, undecided: 'accept' },
    },
  ],
  [
    `{anchor: brier, at: '${DIGEST}', margin: 0.005}`,
    { kind: 'anchor', metric: 'brier', at: DIGEST, test: 'non_inferiority', margin: 0.005, confidence: 0.95 },
  ],
  ['{budget: latency_p95, max: 20}', { kind: 'budget', budget: 'latency_p95', max: 20 }],
  [
    '{data: evaluation, maxNulls: 0.1, maxAge: 30d}',
    { kind: 'data', table: 'evaluation', maxNulls: 0.1, maxAgeMs: 2_592_000_000 },
  ],
  ['{leakage: time}', { kind: 'leakage', by: 'time', columns: [], max: 0 }],
  ['{leakage: key, columns: [id], max: 0.01}', { kind: 'leakage', by: 'key', columns: ['id'], max: 0.01 }],
  [
    '{behaviour: rises, change: hour, by: 1}',
    {
      kind: 'behaviour',
      prediction: 'rises',
      feature: 'hour',
      change: { by: 1 },
      tolerance: 0.000001,
      maxViolations: 0,
      rows: 500,
    },
  ],
  [
    '{cases: [{name: dawn, given: {hour: 5}, max: 0.5}]}',
    { kind: 'cases', cases: [{ name: 'dawn', given: { hour: 5 }, max: 0.5 }] },
  ],
  [
    '{command: node fair.mjs, writes: fair.json, metrics: {gap: {max: 0.1}}, timeout: 1m}',
    { kind: 'command', run: 'node fair.mjs', writes: 'fair.json', metrics: { gap: { max: 0.1 } }, timeoutMs: 60_000 },
  ],
];

const MISTAKES: readonly (readonly [why: string, written: string, ...problems: string[]])[] = [
  [
    'a misspelt slice',
    '{metric: brier, max: 0.2, slise: origin}',
    'unknown key (expected one of metric, min, max, confidence, slice, minRows, undecided; did you mean slice?)',
  ],
  [
    'a misspelt behaviour',
    '{behaviour: raises, change: hour, by: 1}',
    'is "raises" (expected one of same, rises, falls; did you mean rises?)',
  ],
  [
    'a misspelt key of a budget',
    '{budget: latency_p95, maximum: 3}',
    'is missing (expected a number)',
    'unknown key (expected one of budget, max)',
  ],
  [
    'a rule of an unknown kind',
    '{foo: 1}',
    'is a mapping (expected a rule with one of metric, champion, anchor, budget, data, leakage, behaviour, cases, command)',
  ],
  [
    'a rule of no kind',
    '[brier]',
    'is a list (expected a rule with one of metric, champion, anchor, budget, data, leakage, behaviour, cases, command)',
  ],
  [
    'a slice of a metric that is no mean over rows',
    '{metric: roc_auc, min: 0.6, slice: origin}',
    'roc_auc is no mean over rows, and is not judged by slice (expected one of brier, log_loss, accuracy, positive_rate)',
  ],
  [
    'rows of a slice without a slice',
    '{metric: brier, max: 0.2, minRows: 5}',
    'is of a slice, and there is none (expected slice beside it)',
  ],
  [
    'an anchor that is neither digest nor commit',
    '{anchor: brier, at: v1.2, margin: 0}',
    'is "v1.2" (expected the digest of an artifact (sha256:…) or the full hash of its commit)',
  ],
  [
    'a change of a feature that there is not',
    '{behaviour: same, change: huor, by: 1}',
    'there is no feature "huor" (expected one of origin, hour; did you mean hour?)',
  ],
  [
    'a change that is not said',
    '{behaviour: same, change: hour}',
    'does not say how the feature changes (expected either by or to)',
  ],
  [
    'a change that is said twice',
    '{behaviour: same, change: hour, by: 1, to: [2]}',
    'says twice how the feature changes (expected either by or to)',
  ],
  [
    'a change by nothing',
    '{behaviour: same, change: hour, by: 0}',
    'changes nothing (expected a number that is not 0)',
  ],
  [
    'a sum of a string',
    '{behaviour: same, change: origin, by: 1}',
    'nothing can be added to a string (expected to with other values)',
  ],
  ['a case without a limit', '{cases: [{name: x, given: {hour: 1}}]}', 'has no limit (expected min, max or both)'],
  [
    'a case that no probability meets',
    '{cases: [{name: x, given: {hour: 1}, min: 2}]}',
    'can never be 2 (expected from 0 to 1)',
  ],
  [
    'a case of an unknown feature',
    '{cases: [{name: x, given: {hours: 1}, min: 0.5}]}',
    'there is no feature "hours" (expected one of origin, hour; did you mean hour?)',
  ],
  [
    'a table of which nothing is asked',
    '{data: evaluation}',
    'asks for nothing (expected one or more of minRows, maxNulls, maxInvalid, maxDuplicates, maxAge)',
  ],
  [
    'a key of leakage by time',
    '{leakage: time, columns: [id]}',
    'leakage by time has no key (expected leakage: key, or no columns)',
  ],
  [
    'a number of a command without a limit',
    '{command: x, writes: x.json, metrics: {gap: {}}}',
    'has no limit (expected min, max or both)',
  ],
  [
    'a command of which no number counts',
    '{command: x, writes: x.json, metrics: {}}',
    'is empty (expected a number that the command writes, with limits)',
  ],
];

describe('a rule of a gate', () => {
  for (const [written, rule] of READ) {
    it(`is read: ${written}`, () => {
      const parsed = parseSpec(withRule(written), 'slipway.yaml');
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(formatProblem).join('\n'));
      assert.deepEqual(parsed.spec.gates[0]?.rules[0], rule);
    });
  }
  for (const [why, written, ...problems] of MISTAKES) {
    it(`is refused for ${why}`, () => {
      const parsed = parseSpec(withRule(written), 'slipway.yaml');
      assert.ok(!parsed.ok);
      const said = parsed.problems.map((problem) => formatProblem(problem).split(': ').slice(2).join(': '));
      assert.deepEqual(said, problems);
      assert.ok(parsed.problems.every(({ line, path }) => line === 27 && path.startsWith('gates[0].rules[0]')));
    });
  }
  it('has a block of its own length', () => {
    const parsed = parseSpec(BASE.replace('minRows: 1000', 'minRows: 1000\n    block: 6h'), 'slipway.yaml');
    assert.ok(parsed.ok);
    assert.equal(parsed.spec.gates[0]?.blockMs, 21_600_000);
  });
  it('may run commands of twenty-five minutes in all, not more', () => {
    const command = '{command: x, writes: x.json, metrics: {gap: {max: 1}}, timeout: 15m}';
    const parsed = parseSpec(withRule(`${command}\n      - ${command}`), 'slipway.yaml');
    assert.ok(!parsed.ok);
    assert.match(formatProblem(parsed.problems[0]!), /together may take 30 minutes \(expected timeouts of at most 25m/);
  });
});
