import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { standingOf } from '../../../src/domain/identity/mayDecide.js';
import { rolesAnywhere, rolesIn } from '../../../src/domain/identity/roles.js';
import type { Identity, Place } from '../../../src/domain/identity/types.js';

const reviewer: Identity = {
  name: 'reviewer',
  roles: ['author'],
  grants: [
    { role: 'reviewer', models: ['flights'], environments: ['production'] },
    { role: 'oncall', models: ['flights'] },
    { role: 'operator', environments: ['test'] },
  ],
  gitEmails: [],
};
const revoked: Identity = { ...reviewer, revoked: { reason: 'left', since: 0 } };

describe('rolesIn', () => {
  const rows: readonly (readonly [string, Place, readonly string[]])[] = [
    [
      'a place that every grant but one names',
      { model: 'flights', environment: 'production' },
      ['author', 'reviewer', 'oncall'],
    ],
    ['another environment', { model: 'flights', environment: 'test' }, ['author', 'oncall', 'operator']],
    ['another model', { model: 'fares', environment: 'production' }, ['author']],
    ['a whole model: what holds in one environment is not enough', { model: 'flights' }, ['author', 'oncall']],
    ['everything', {}, ['author']],
  ];
  for (const [what, place, roles] of rows) it(what, () => assert.deepEqual(rolesIn(reviewer, place), roles));

  it('has nothing for who was revoked, anywhere', () => {
    assert.deepEqual(rolesIn(revoked, { model: 'flights', environment: 'production' }), []);
    assert.deepEqual(rolesAnywhere(revoked), []);
    assert.deepEqual(rolesAnywhere(reviewer), ['author', 'reviewer', 'oncall', 'operator']);
  });
});

describe('standingOf', () => {
  const production = { model: 'flights', environment: 'production' };
  const codeOf = (identity: Identity, place: Place = production): string => {
    const standing = standingOf(identity, ['reviewer'], place);
    return standing.ok ? standing.roles.join() : standing.code;
  };
  const rows: readonly (readonly [string, Identity, string])[] = [
    ['a person with the role there', reviewer, 'reviewer'],
    ['who was revoked', revoked, 'identity_revoked'],
    ['a service with the role', { ...reviewer, kind: 'service' }, 'service_account'],
    ['who never had it', { name: 'guest', roles: [], gitEmails: [] }, 'forbidden'],
    [
      'whose groups are too old to count',
      { name: 'guest', roles: [], gitEmails: [], claims: { assertedAt: 0, countUntil: 1, count: false } },
      'claims_stale',
    ],
    [
      'whose groups are too old, and who has the role without them',
      { ...reviewer, claims: { assertedAt: 0, countUntil: 1, count: false } },
      'reviewer',
    ],
  ];
  for (const [what, identity, code] of rows) it(what, () => assert.equal(codeOf(identity), code));

  it('says where the role is missing', () => {
    const standing = standingOf(reviewer, ['reviewer'], { model: 'fares', environment: 'production' });
    assert.match(standing.ok ? '' : standing.reason, /none of the roles reviewer for fares in production/);
  });
});
