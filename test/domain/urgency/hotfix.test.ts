import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ranLast } from '../../../src/domain/environment/deploymentAuthority.js';
import type { ReleasePlan } from '../../../src/domain/release/plan.js';
import type { EnvironmentSpec, RequiredApproval } from '../../../src/domain/spec/types.js';
import { asReviewed, hotfixPlan } from '../../../src/domain/urgency/hotfix.js';

const rule = (role: string): RequiredApproval => ({
  kind: 'required',
  roles: [role],
  quorum: 1,
  remindAfterMs: 1,
  expireAfterMs: 9,
});
const usual: EnvironmentSpec = {
  name: 'production',
  approval: rule('reviewer'),
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 10 },
  gates: ['quality'],
  soakMs: 100,
};
const planned = (environment: EnvironmentSpec): EnvironmentSpec | undefined =>
  hotfixPlan({ environments: [environment] } as unknown as ReleasePlan).environments[0];

describe('the plan of a hotfix', () => {
  it('leaves an environment that has no way in for it as it is', () => {
    assert.deepEqual(planned(usual), usual);
  });

  it('has the rule and soak time of its way in, and every other rule afterwards; all else stays', () => {
    const hotfix = { approval: rule('oncall'), reviewWithinMs: 5 };
    const { soakMs: _, ...same } = { ...usual, hotfix };
    const environment = planned({ ...usual, hotfix });
    assert.deepEqual(environment, {
      ...same,
      approval: rule('oncall'),
      review: { approval: rule('reviewer'), withinMs: 5 },
    });
    assert.deepEqual(asReviewed(environment!)?.approval, { ...rule('reviewer'), expireAfterMs: 5 });
  });

  it('asks the same people and needs no review where only its soak is shorter', () => {
    const environment = planned({ ...usual, hotfix: { reviewWithinMs: 5, soakMs: 10 } });
    assert.deepEqual(
      [environment?.approval, environment?.soakMs, environment?.review],
      [rule('reviewer'), 10, undefined],
    );
  });
});

describe('what ran when a release came', () => {
  const deployed = (letter: string, kind = 'deployment.deployed') => ({
    kind,
    body: { version: { artifactDigest: `sha256:${letter.repeat(64)}`, releaseId: `release/m/${letter}` } },
  });
  const entries = [deployed('a'), deployed('h', 'deployment.rolled_back'), deployed('h'), deployed('n'), deployed('h')];
  const before = (releaseId?: string): string | undefined => ranLast(entries, releaseId)?.[7];

  it('is what was deployed before it was first, whatever came later', () => {
    assert.equal(before('release/m/h'), 'a');
    assert.equal(before('release/m/a'), undefined);
    assert.equal(before('release/m/n'), 'h');
  });
  it('is what runs now where it never came', () => {
    assert.equal(before('release/m/x'), 'h');
    assert.equal(before(), 'h');
  });
});
