import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { championWorseHere, constantModel, withSkill } from '../../../src/domain/gate/constantModel.js';
import type { Metrics } from '../../../src/domain/gate/types.js';
import { binaryMetrics } from '../../../src/domain/statistics/binaryMetrics.js';

const labelled = fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 60 });
const someRate = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const positivesOf = (labels: readonly number[]): number => labels.filter((label) => label === 1).length;
const always = (rate: number, labels: readonly number[]) =>
  binaryMetrics(Array<number>(labels.length).fill(rate), labels);

test('a constant gets in closed form what the metrics say of its predictions row by row', () => {
  fc.assert(
    fc.property(someRate, labelled, (rate, labels) => {
      const closed = constantModel(rate, { rows: labels.length, positives: positivesOf(labels) })?.metrics;
      const counted = always(rate, labels);
      for (const metric of ['brier', 'log_loss', 'accuracy'] as const)
        assert.ok(Math.abs((closed?.[metric] ?? NaN) - (counted[metric] ?? NaN)) < 1e-12, metric);
    }),
  );
});

test('of no rows, and of what is no rate, nothing is said', () => {
  assert.equal(constantModel(0.2, { rows: 0, positives: 0 }), undefined);
  for (const rate of [NaN, -0.1, 1.1]) assert.equal(constantModel(rate, { rows: 10, positives: 2 }), undefined);
});

test('the constant itself has no skill, a perfect answer all of it, and less than the constant is below 0', () => {
  fc.assert(
    fc.property(someRate, labelled, (rate, labels) => {
      const constant = constantModel(rate, { rows: labels.length, positives: positivesOf(labels) });
      const skill = (metrics: Metrics) => withSkill(metrics, constant).brier_skill ?? NaN;
      assert.ok(Math.abs(skill(always(rate, labels))) < 1e-9);
      assert.equal(skill(binaryMetrics(labels, labels)), 1);
      assert.ok(
        skill(
          binaryMetrics(
            labels.map((label) => 1 - label),
            labels,
          ),
        ) < 0,
      );
    }),
  );
});

test('there is no skill without a constant, over a perfect one, or of nothing', () => {
  assert.deepEqual(withSkill({ brier: 0.1 }, undefined), { brier: 0.1 });
  assert.deepEqual(withSkill({ brier: 0.1 }, constantModel(1, { rows: 3, positives: 3 })), { brier: 0.1 });
  assert.deepEqual(withSkill({}, constantModel(0.2, { rows: 3, positives: 1 })), {});
});

test('a champion that is much worse than when it was packaged is named, one that differs as days do is not', () => {
  const evidence = (here: number, packaged?: number) => ({
    rows: 10,
    positives: 2,
    metrics: {},
    champion: {
      artifactDigest: 'sha256:c',
      metrics: { brier: here },
      paired: {},
      ...(packaged === undefined ? {} : { packaged: { brier: packaged } }),
    },
  });
  assert.match(championWorseHere(evidence(0.2837, 0.1195)) ?? '', /brier 0\.2837, then 0\.1195\. .* may differ/);
  for (const sound of [evidence(0.13, 0.12), evidence(0.1, 0.2), evidence(0.3)])
    assert.equal(championWorseHere(sound), undefined);
  assert.equal(championWorseHere({ rows: 1, positives: 1, metrics: {} }), undefined);
});
