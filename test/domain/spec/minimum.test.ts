import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { minimumBreaches, type EnvironmentMinimum } from '../../../src/domain/spec/minimum.js';
import type { ApprovalSpec, EnvironmentSpec } from '../../../src/domain/spec/types.js';

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

  it('says what the operator asks', () => {
    const [breach] = minimumBreaches([staging, environment('production', { kind: 'automatic' })], minimum);
    assert.match(breach?.expected ?? '', /production with approval by at least 2 of reviewer, risk/);
  });
});
