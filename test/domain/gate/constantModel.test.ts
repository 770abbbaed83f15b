import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { championWorseHere, constantModel, skillOver } from '../../../src/domain/gate/constantModel.js';
import { binaryMetrics } from '../../../src/domain/statistics/binaryMetrics.js';

test('a constant gets in closed form what the metrics say of its predictions row by row', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 60 }),
      (rate, labels) => {
        const positives = labels.filter((label) => label === 1).length;
        const closed = constantModel(rate, { rows: labels.length, positives })?.metrics;
        const counted = binaryMetrics(Array<number>(labels.length).fill(rate), labels);
        for (const metric of ['brier', 'log_loss', 'accuracy'] as const)
          assert.ok(Math.abs((closed?.[metric] ?? NaN) - (counted[metric] ?? NaN)) < 1e-12, metric);
      },
    ),
  );
});

test('of no rows, and of what is no rate, nothing is said', () => {
  assert.equal(constantModel(0.2, { rows: 0, positives: 0 }), undefined);
  for (const rate of [NaN, -0.1, 1.1]) assert.equal(constantModel(rate, { rows: 10, positives: 2 }), undefined);
});

test('skill is 1 for perfect, 0 for the constant, below 0 for worse; only of losses', () => {
  const constant = constantModel(0.2, { rows: 10, positives: 2 });
  assert.deepEqual(
    [0, 0.16, 0.32].map((brier) => Number(skillOver(constant, 'brier', brier)?.toFixed(9))),
    [1, 0, -1],
  );
  assert.equal(skillOver(constant, 'accuracy', 0.9), undefined);
  assert.equal(skillOver(undefined, 'brier', 0.1), undefined);
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
