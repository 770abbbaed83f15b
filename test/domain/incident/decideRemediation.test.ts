import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decideRemediation, type RemediationGuards } from '../../../src/domain/incident/decideRemediation.js';
import type { RemediationAction, RemediationEvidence } from '../../../src/domain/incident/types.js';
import type { RemediationSpec } from '../../../src/domain/spec/types.js';

const evidence: RemediationEvidence = {
  window: { start: 0, end: 7 },
  labelled: 2_000,
  qualityPassed: true,
  current: 0.25,
  previous: 0.18,
  difference: [0.03, 0.1],
  beginsAtDeploy: true,
};
const { difference: _, ...unscored } = evidence;
const spec: RemediationSpec = { rollback: true, retrain: true, cooldownMs: 1_000, maxRetrains: 1 };
const guards: RemediationGuards = {
  now: 10_000,
  retrainsDone: 0,
  retrainLost: false,
  previousExists: true,
  minLabelled: 500,
};
interface Given {
  readonly evidence?: Partial<RemediationEvidence>;
  readonly spec?: Partial<RemediationSpec>;
  readonly guards?: Partial<RemediationGuards>;
}
const decide = (given: Given) =>
  decideRemediation({ ...evidence, ...given.evidence }, { ...spec, ...given.spec }, { ...guards, ...given.guards });

const rows: readonly (readonly [string, Given, RemediationAction, RegExp])[] = [
  [
    'a bad deploy, and an earlier version that is better',
    {},
    'rollback',
    /began with the deployment.*loses 0\.25, the earlier one 0\.18/,
  ],
  ['the same, exactly at the end of a cooldown', { guards: { cooldownUntil: 10_000 } }, 'rollback', /began/],
  ['a loss that came later', { evidence: { beginsAtDeploy: false } }, 'retrain', /did not begin with the deployment/],
  [
    'an earlier version that is not shown to be better',
    { evidence: { difference: [-0.01, 0.1] } },
    'retrain',
    /not shown to be better/,
  ],
  ['a difference of nothing', { evidence: { difference: [0, 0] } }, 'retrain', /not shown to be better/],
  ['a difference that is no number', { evidence: { difference: [NaN, NaN] } }, 'retrain', /not shown/],
  ['no earlier version', { guards: { previousExists: false } }, 'retrain', /no earlier version/],
  ['rollback not allowed', { spec: { rollback: false } }, 'retrain', /not allowed/],
  ['bad data', { evidence: { qualityPassed: false } }, 'none', /quality/],
  ['labels that are not mature', { evidence: { labelled: 499 } }, 'none', /499 rows/],
  ['no labels, and none needed', { evidence: { labelled: 0 }, guards: { minLabelled: 0 } }, 'none', /0 rows/],
  ['labels that are no number', { evidence: { labelled: NaN } }, 'none', /NaN/],
  ['within the cooldown', { guards: { cooldownUntil: 12_000 } }, 'none', /2 s of its cooldown/],
  ['a cooldown that is no number', { guards: { cooldownUntil: NaN } }, 'none', /cooldown/],
  ['no budget left', { evidence: { beginsAtDeploy: false }, guards: { retrainsDone: 1 } }, 'none', /1 of 1 retrains/],
  [
    'a retrain that lost',
    { evidence: { beginsAtDeploy: false }, guards: { retrainLost: true } },
    'none',
    /lost against the champion/,
  ],
  [
    'retrain not allowed',
    { evidence: { beginsAtDeploy: false }, spec: { retrain: false } },
    'none',
    /no rollback: .*; no retrain: .*not allowed/,
  ],
  ['a budget that is no number', { evidence: { beginsAtDeploy: false }, spec: { maxRetrains: NaN } }, 'none', /NaN/],
];
for (const [name, given, action, reason] of rows) {
  test(`${name}: ${action}`, () => {
    const decision = decide(given);
    assert.equal(decision.action, action);
    assert.match(decision.reason, reason);
  });
}

test('an earlier version that was not scored is not gone back to', () => {
  assert.equal(decideRemediation(unscored, spec, guards).action, 'retrain');
});

test('whatever is given, nothing is done against a guard', () => {
  const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(NaN));
  const given = fc.record({
    evidence: fc.record({
      labelled: number,
      qualityPassed: fc.boolean(),
      beginsAtDeploy: fc.boolean(),
      difference: fc.tuple(number, number),
    }),
    spec: fc.record({ rollback: fc.boolean(), retrain: fc.boolean(), maxRetrains: number }),
    guards: fc.record({
      cooldownUntil: number,
      now: number,
      retrainsDone: number,
      retrainLost: fc.boolean(),
      previousExists: fc.boolean(),
      minLabelled: number,
    }),
  });
  fc.assert(
    fc.property(given, (all) => {
      const { action, reason } = decide(all);
      assert.notEqual(reason, '');
      if (action === 'none') return;
      assert.ok(all.evidence.qualityPassed && all.evidence.labelled > 0 && all.guards.now >= all.guards.cooldownUntil);
      if (action === 'rollback')
        assert.ok(
          all.spec.rollback &&
            all.guards.previousExists &&
            all.evidence.beginsAtDeploy &&
            all.evidence.difference[0] > 0,
        );
      else assert.ok(all.spec.retrain && !all.guards.retrainLost && all.guards.retrainsDone < all.spec.maxRetrains);
    }),
    { numRuns: 2_000 },
  );
});
