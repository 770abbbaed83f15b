import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateGates } from '../../../src/domain/gate/validateGates.js';
import type { GateRule, GateSpec } from '../../../src/domain/spec/gates.js';
import type { MetricName } from '../../../src/domain/spec/metrics.js';

const threshold = (metric: MetricName, limits: { min?: number; max?: number }): GateRule => ({
  kind: 'threshold',
  metric,
  ...limits,
});
const champion = (margin: number, confidence: number): GateRule => ({
  kind: 'champion',
  metric: 'brier',
  test: 'non_inferiority',
  margin,
  confidence,
});
const gate = (...rules: readonly GateRule[]): GateSpec => ({ name: 'quality', minRows: 100, rules });
const sound = threshold('brier', { max: 0.2 });

const rows: readonly (readonly [string, readonly GateSpec[], readonly RegExp[]])[] = [
  ['a sound gate', [gate(sound, champion(0.002, 0.95))], []],
  ['no rules', [gate()], [/no rules/]],
  ['no limit', [gate(threshold('brier', {}))], [/neither min nor max/]],
  ['a limit nothing meets', [gate(threshold('roc_auc', { min: 1.2 }))], [/min of 1.2 is impossible/]],
  ['a limit that is no number', [gate(threshold('brier', { max: NaN }))], [/impossible/]],
  ['limits that exclude each other', [gate(threshold('accuracy', { min: 0.9, max: 0.8 }))], [/nothing could pass/]],
  ['a limit everything meets', [gate(threshold('brier', { max: 1 }))], [/nothing would be required/]],
  ['log loss above one is possible', [gate(threshold('log_loss', { max: 1.5 }))], []],
  ['only a champion', [gate(champion(0, 0.95))], [/first version/]],
  ['an impossible margin', [gate(sound, champion(-1, 0.95))], [/margin/]],
  ['an impossible confidence', [gate(sound, champion(0, 1))], [/confidence/]],
  ['no rows required', [{ ...gate(sound), minRows: 0 }], [/minRows/]],
  ['a name twice', [gate(sound), gate(sound)], [/used twice/]],
  ['several problems at once', [gate(threshold('brier', {}), champion(-1, 2))], [/neither/, /margin/, /confidence/]],
];
for (const [name, gates, expected] of rows) {
  test(name, () => {
    const problems = validateGates(gates).map(({ problem }) => problem);
    assert.equal(problems.length, expected.length, problems.join('; '));
    expected.forEach((pattern, index) => assert.match(problems[index] ?? '', pattern));
  });
}

test('an environment that asks for a gate that does not exist', () => {
  const environment = {
    name: 'staging',
    approval: { kind: 'none' },
    rollout: { strategy: 'immediate' },
    verify: { smokeRows: 0 },
    gates: ['speed'],
  } as const;
  assert.deepEqual(validateGates([gate(sound)], [environment]), [
    { gate: 'speed', problem: 'staging asks for it, and there is none of this name' },
  ]);
});
