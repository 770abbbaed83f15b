import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSpec } from '../../../src/contract/spec/parseSpec.js';
import { BASE, problemsOf } from './mistake.js';
import { RULES } from './ruleMistakes.js';
import { SHAPES } from './shapeMistakes.js';

describe('parseSpec', () => {
  it('reads a valid file into the terms of the domain, with defaults', () => {
    const parsed = parseSpec(BASE, 'slipway.yaml');
    assert.ok(parsed.ok, problemsOf(BASE).join('\n'));
    const { spec } = parsed;
    assert.equal(spec.install?.timeoutMs, 180_000);
    assert.deepEqual(spec.checks[1], { name: 'style', kind: 'lint', run: 'npm run lint', env: {}, timeoutMs: 600_000 });
    assert.deepEqual(spec.build.params, { trees: 60, 'data.from': '2001-01-01' });
    assert.deepEqual(spec.gates[0]?.rules, [
      { kind: 'threshold', metric: 'brier', max: 0.2 },
      { kind: 'champion', metric: 'brier', test: 'non_inferiority', margin: 0.002, confidence: 0.95 },
    ]);
    assert.deepEqual(spec.environments[0], {
      name: 'test',
      approval: { kind: 'none' },
      rollout: { strategy: 'immediate' },
      verify: { smokeRows: 100 },
      gates: [],
    });
    assert.deepEqual(spec.environments[1]?.approval, {
      kind: 'required',
      roles: ['reviewer'],
      quorum: 1,
      remindAfterMs: 86_400_000,
      expireAfterMs: 777_600_000,
    });
    assert.deepEqual(spec.monitoring?.remediation, {
      rollback: false,
      retrain: false,
      cooldownMs: 86_400_000,
      maxRetrains: 1,
    });
    assert.equal(JSON.stringify(JSON.parse(JSON.stringify(spec))), JSON.stringify(spec), 'JSON-safe');
  });

  for (const [why, from, to, ...expected] of [...SHAPES, ...RULES]) {
    it(`reports ${why}`, () => {
      assert.equal(BASE.split(from).length > 1, true, `the base file has ${from}`);
      assert.deepEqual(problemsOf(BASE.replace(from, to)), expected);
    });
  }

  it('reports every mistake at once, in the order of the file', () => {
    const text = BASE.replace('model: flight-delay', 'modle: flight-delay')
      .replace('max: 0.2', 'max: 2')
      .replace('gates: [quality]', 'gates: [speed]')
      .replace('quorum: 1', 'quorum: many');
    assert.deepEqual(
      problemsOf(text).map((line) => line.split(' (')[0]),
      [
        '1:1: model: is missing',
        '2:1: modle: unknown key',
        '27:30: gates[0].rules[0].max: brier can never be 2',
        '32:13: environments[1].gates[0]: there is no gate "speed"',
        '33:43: environments[1].approval.quorum: is "many"',
      ],
    );
  });
});
