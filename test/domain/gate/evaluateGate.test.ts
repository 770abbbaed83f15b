import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluateGate } from '../../../src/domain/gate/evaluateGate.js';
import type { GateEvidence, PairedBlock } from '../../../src/domain/gate/types.js';
import type { GateRule, GateSpec } from '../../../src/domain/spec/gates.js';
import type { MetricName } from '../../../src/domain/spec/metrics.js';

const DAY = 86_400_000;
const days = (difference: number, count = 14): readonly PairedBlock[] =>
  Array.from({ length: count }, (_, day) => ({
    start: day * DAY,
    rows: 100,
    champion: 20,
    candidate: 20 + 100 * difference + (day % 2 === 0 ? 0.1 : -0.1),
  }));
const threshold = (metric: MetricName, limits: { min?: number; max?: number }): GateRule => ({
  kind: 'threshold',
  metric,
  ...limits,
});
const champion: GateRule = {
  kind: 'champion',
  metric: 'brier',
  test: 'non_inferiority',
  margin: 0.002,
  confidence: 0.95,
};
const brier = threshold('brier', { max: 0.2 });
const auc = threshold('roc_auc', { min: 0.6 });
const gate = (...rules: readonly GateRule[]): GateSpec => ({ name: 'quality', minRows: 1000, rules });
const good: GateEvidence = { rows: 1400, positives: 300, metrics: { brier: 0.15, roc_auc: 0.7 } };
const against = (difference: number, count?: number): GateEvidence => ({
  ...good,
  champion: { artifactDigest: 'sha256:c', metrics: {}, paired: { brier: days(difference, count) } },
});

const rows: readonly (readonly [string, GateSpec, GateEvidence, string, readonly string[]])[] = [
  ['every threshold met', gate(brier, auc), good, 'pass', ['pass', 'pass']],
  ['exactly on the limit', gate(threshold('brier', { max: 0.15 })), good, 'pass', ['pass']],
  ['one of two missed', gate(brier, threshold('roc_auc', { min: 0.8 })), good, 'fail', ['pass', 'fail']],
  [
    'both missed, both reported',
    gate(threshold('brier', { max: 0.1 }), threshold('roc_auc', { min: 0.8 })),
    good,
    'fail',
    ['fail', 'fail'],
  ],
  ['no rules', gate(), good, 'error', []],
  ['a threshold without a limit', gate(threshold('brier', {})), good, 'error', ['error']],
  ['a limit that is no number', gate(threshold('brier', { max: NaN })), good, 'error', ['error']],
  ['no rows', gate(brier), { ...good, rows: 0, positives: 0 }, 'insufficient_data', ['insufficient_data']],
  ['fewer rows than asked for', gate(brier), { ...good, rows: 999 }, 'insufficient_data', ['insufficient_data']],
  ['exactly as many rows as asked for', gate(brier), { ...good, rows: 1000 }, 'pass', ['pass']],
  [
    'an anchor on fewer rows than asked for',
    gate({ ...champion, kind: 'anchor', at: 'sha256:first' }),
    { ...good, rows: 999 },
    'insufficient_data',
    ['insufficient_data'],
  ],
  ['only negatives', gate(brier), { ...good, positives: 0 }, 'insufficient_data', ['insufficient_data']],
  ['only positives', gate(brier), { ...good, positives: 1400 }, 'insufficient_data', ['insufficient_data']],
  ['more positives than rows', gate(brier), { ...good, positives: 1401 }, 'error', ['error']],
  ['rows that are no number', gate(brier), { ...good, rows: NaN }, 'error', ['error']],
  ['minRows that is no number', { ...gate(brier), minRows: NaN }, good, 'error', ['error']],
  [
    'a metric that is missing',
    gate(brier, threshold('log_loss', { max: 1 })),
    good,
    'insufficient_data',
    ['pass', 'insufficient_data'],
  ],
  ['a metric that is no number', gate(brier), { ...good, metrics: { brier: NaN } }, 'error', ['error']],
  [
    'a missing one beside a missed one',
    gate(threshold('log_loss', { max: 1 }), threshold('brier', { max: 0.1 })),
    good,
    'fail',
    ['insufficient_data', 'fail'],
  ],
  ['no champion yet, thresholds met', gate(brier, champion), good, 'pass', ['pass', 'skipped']],
  [
    'no champion yet, a threshold missed',
    gate(threshold('brier', { max: 0.1 }), champion),
    good,
    'fail',
    ['fail', 'skipped'],
  ],
  ['no champion yet, and nothing else', gate(champion), good, 'insufficient_data', ['skipped']],
  ['as good as the champion', gate(brier, champion), against(0), 'pass', ['pass', 'pass']],
  ['worse than the champion', gate(brier, champion), against(0.01), 'fail', ['pass', 'fail']],
  ['worse by about the margin', gate(brier, champion), against(0.002), 'inconclusive', ['pass', 'inconclusive']],
  ['too few days', gate(brier, champion), against(0, 9), 'insufficient_data', ['pass', 'insufficient_data']],
  [
    'a champion without losses',
    gate(brier, champion),
    { ...good, champion: { artifactDigest: 'c', metrics: {}, paired: {} } },
    'insufficient_data',
    ['pass', 'insufficient_data'],
  ],
];

for (const [name, spec, evidence, verdict, rules] of rows) {
  test(`${name}: ${verdict}`, () => {
    const result = evaluateGate(spec, evidence);
    assert.equal(result.verdict, verdict);
    assert.deepEqual(
      result.rules.map((rule) => rule.verdict),
      rules,
    );
    assert.notEqual(result.reason, '');
  });
}

test('the reason names every rule that failed, with its numbers', () => {
  const { reason } = evaluateGate(
    gate(threshold('brier', { max: 0.1 }), auc, threshold('roc_auc', { min: 0.8 })),
    good,
  );
  assert.equal(reason, 'brier is 0.15, above 0.1; roc_auc is 0.7, below 0.8');
});

test('a champion rule reports difference and interval', () => {
  const rule = evaluateGate(gate(champion), against(0.01)).rules[0];
  assert.ok(rule?.interval !== undefined && rule.interval[0] > 0.002 && rule.interval[1] > rule.interval[0]);
  assert.ok(Math.abs((rule.observed ?? 0) - 0.01) < 1e-9);
  assert.match(
    rule.reason,
    /^brier: the candidate differs by \+0\.01 \(95 % interval \+0\.009\d* to \+0\.01\d*, 14 days\), required is at most 0\.002 worse$/,
  );
});

const anything = fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -1, 0, 1));
test('nothing passes without rows of both classes and every metric within its limit, whatever is thrown at it', () => {
  const evidence = fc.record({
    rows: anything,
    positives: anything,
    metrics: fc.record({ brier: anything }, { requiredKeys: [] }),
  });
  fc.assert(
    fc.property(evidence, anything, anything, (given, max, minRows) => {
      const result = evaluateGate({ name: 'g', minRows, rules: [threshold('brier', { max })] }, given as GateEvidence);
      if (result.verdict !== 'pass') return;
      assert.ok(given.rows >= minRows && given.positives > 0 && given.positives < given.rows);
      assert.ok((given.metrics.brier ?? NaN) <= max);
    }),
    { numRuns: 2_000 },
  );
});
