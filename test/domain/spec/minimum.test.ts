import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReleasePlan } from '../../../src/domain/release/plan.js';
import { allowsHotfix, minimumBreaches, type EnvironmentMinimum } from '../../../src/domain/spec/minimum.js';
import { hotfixPlan } from '../../../src/domain/urgency/hotfix.js';
import type { ApprovalSpec, EnvironmentSpec, RequiredApproval } from '../../../src/domain/spec/types.js';

const asking = (quorum: number, ...roles: string[]): ApprovalSpec => ({
  kind: 'required',
  roles,
  quorum,
  remindAfterMs: 1,
  expireAfterMs: 2,
});
const environment = (name: string, approval: ApprovalSpec, ...gates: string[]): EnvironmentSpec => ({
  ...{ name, approval, gates },
  rollout: { strategy: 'immediate' },
  verify: { smokeRows: 1 },
});
const minimum: readonly EnvironmentMinimum[] = [
  { name: 'staging', gates: ['quality'] },
  { name: 'production', approval: { roles: ['reviewer', 'risk'], quorum: 2 }, gates: [] },
];
const staging = environment('staging', { kind: 'automatic' }, 'quality');
const production = environment('production', asking(2, 'reviewer', 'risk'));
const test = environment('test', { kind: 'none' });

describe('what a commit may not take out', () => {
  const rows: readonly (readonly [string, readonly EnvironmentSpec[], readonly string[]])[] = [
    ['exactly the minimum', [staging, production], []],
    [
      'more: another environment, more gates, fewer roles, a greater quorum',
      [
        test,
        environment('staging', asking(1, 'oncall'), 'speed', 'quality'),
        environment('production', asking(3, 'risk'), 'x'),
      ],
      [],
    ],
    [
      'approval automatic',
      [staging, environment('production', { kind: 'automatic' })],
      ['environments.1.approval: asks nobody'],
    ],
    ['approval none', [staging, environment('production', { kind: 'none' })], ['environments.1.approval: asks nobody']],
    [
      'another role',
      [staging, environment('production', asking(2, 'reviewer', 'author'))],
      ['environments.1.approval.roles.1: lets author approve'],
    ],
    [
      'a smaller quorum',
      [staging, environment('production', asking(1, 'reviewer'))],
      ['environments.1.approval.quorum: asks only 1'],
    ],
    [
      'no gate',
      [environment('staging', { kind: 'automatic' }, 'speed'), production],
      ['environments.0.gates: leaves out the gate quality'],
    ],
    ['an environment left out', [production], ['environments: staging is left out']],
    ['staging behind production', [production, staging], ['environments.0.name: production comes before staging']],
    ['everything left out', [test], ['environments: staging is left out', 'environments: production is left out']],
  ];
  for (const [name, environments, expected] of rows) {
    it(`${expected.length === 0 ? 'allows' : 'refuses'} ${name}`, () => {
      const found = minimumBreaches(environments, minimum).map(({ path, message }) => `${path.join('.')}: ${message}`);
      assert.deepEqual(found, expected);
    });
  }

  describe('a group of the operator', () => {
    const asks = {
      name: 'production',
      gates: [],
      approval: { roles: ['reviewer'], quorum: 2, groups: [{ roles: ['risk', 'legal'], quorum: 1 }] },
    };
    const breaches = (approval: ApprovalSpec): readonly string[] =>
      minimumBreaches([environment('production', approval)], [asks]).map(
        ({ path, message }) => `${path.slice(2).join('.')}: ${message}`,
      );
    const with_ = (approval: ApprovalSpec, ...groups: { roles: string[]; quorum: number }[]): ApprovalSpec =>
      approval.kind === 'required' ? { ...approval, groups } : approval;
    it('is kept by the same group, a stricter one, and where nobody else may approve', () => {
      assert.deepEqual(breaches(with_(asking(2, 'reviewer'), { roles: ['risk', 'legal'], quorum: 1 })), []);
      assert.deepEqual(breaches(with_(asking(3, 'reviewer'), { roles: ['risk'], quorum: 2 })), []);
      assert.deepEqual(breaches(asking(2, 'risk')), []);
    });
    it('is not by none, by one of other roles, by one of fewer people', () => {
      const missing = 'approval: does not ask for 1 of risk, legal';
      assert.deepEqual(breaches(asking(2, 'reviewer', 'risk')), [missing]);
      assert.deepEqual(breaches(with_(asking(2, 'reviewer'), { roles: ['risk', 'reviewer'], quorum: 1 })), [missing]);
      assert.deepEqual(breaches(with_(asking(2, 'reviewer'), { roles: ['risk', 'author'], quorum: 1 })), [
        'approval.groups.0.roles.1: lets author approve',
        missing,
      ]);
    });
  });

  describe('a way in for hotfixes', () => {
    const own = asking(1, 'oncall') as RequiredApproval;
    const urgent = { ...production, hotfix: { approval: own, reviewWithinMs: 2 } };
    const [plan] = hotfixPlan({ environments: [urgent] } as unknown as ReleasePlan).environments;
    const breaches = (hotfix: EnvironmentMinimum['hotfix'], one: EnvironmentSpec = urgent): readonly string[] =>
      minimumBreaches([one], [{ ...minimum[1]!, ...(hotfix === undefined ? {} : { hotfix }) }]).map(
        ({ path, message }) => `${path.slice(2).join('.')}: ${message}`,
      );
    const LAX = ['hotfix.approval.roles.0: lets oncall approve', 'hotfix.approval.quorum: asks only 1'];
    const rows: readonly (readonly [string, EnvironmentMinimum['hotfix'], readonly string[]])[] = [
      ['is held to the approval of every release where the operator says nothing', undefined, LAX],
      ['is refused where the operator forbids it', 'forbidden', ['hotfix: is a way in that the operator forbids']],
      ['is held to its own floor where there is one', { approval: { roles: ['oncall'], quorum: 1 } }, []],
      [
        'is reviewed in the time that the operator gives',
        { approval: { roles: ['oncall'], quorum: 1 }, reviewWithinMs: 1 },
        ['hotfix.reviewWithin: is longer than 0.0 s'],
      ],
    ];
    for (const [name, hotfix, expected] of rows)
      it(`${name}, in a spec and in the plan of a hotfix`, () => {
        assert.deepEqual(breaches(hotfix), expected);
        assert.deepEqual(breaches(hotfix, plan), expected);
        assert.equal(
          allowsHotfix(urgent, [{ ...minimum[1]!, ...(hotfix === undefined ? {} : { hotfix }) }]),
          expected.length === 0,
        );
      });
    it('does not make the rule of every other release laxer', () => {
      const lax = { ...urgent, approval: asking(1, 'reviewer') };
      assert.deepEqual(breaches({ approval: { roles: ['oncall'], quorum: 1 } }, lax), ['approval.quorum: asks only 1']);
    });
  });

  it('says what the operator asks', () => {
    const [breach] = minimumBreaches([staging, environment('production', { kind: 'automatic' })], minimum);
    assert.match(breach?.expected ?? '', /production with approval by at least 2 of reviewer, risk/);
  });
});
