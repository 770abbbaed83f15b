import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  joinClaims,
  type ClaimRules,
  type ClaimsRecord,
  type ConfiguredIdentity,
} from '../../../src/domain/identity/claims.js';
import { rolesIn } from '../../../src/domain/identity/roles.js';
import type { Identity } from '../../../src/domain/identity/types.js';

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const rules: ClaimRules = {
  issuer: 'https://id.example.org',
  groups: [
    { group: 'reviewers', role: 'reviewer', environments: ['production'] },
    { group: 'staff', role: 'author' },
  ],
  maxClaimsAge: 12 * HOUR,
};
const record: ClaimsRecord = {
  issuer: rules.issuer,
  subject: 'u-1',
  name: 'u-1-0000',
  label: 'one',
  email: 'One@example.org',
  groups: ['reviewers', 'unknown'],
  assertedAt: NOW - HOUR,
};
const linked: ConfiguredIdentity = {
  name: 'reviewer',
  roles: ['oncall'],
  gitEmails: ['one@example.org'],
  oidc: { subject: 'u-1' },
};
const place = { model: 'flights', environment: 'production' };
const join = (configured: readonly ConfiguredIdentity[], ...records: readonly ClaimsRecord[]): readonly Identity[] =>
  joinClaims(configured, records, rules, [], NOW);
const rolesOf = (identities: readonly Identity[], name: string): readonly string[] | undefined => {
  const found = identities.find((identity) => identity.name === name);
  return found === undefined ? undefined : rolesIn(found, place);
};

describe('joinClaims', () => {
  it('gives the roles of groups that the operator named, where they hold', () => {
    const [one] = join([], record);
    assert.deepEqual(rolesIn(one!, place), ['reviewer']);
    assert.deepEqual(rolesIn(one!, { ...place, environment: 'test' }), []);
    assert.deepEqual(one?.gitEmails, ['One@example.org']);
  });

  it('stops counting them when they are too old, and when they come from the future', () => {
    const at = (assertedAt: number) => join([], { ...record, assertedAt })[0]!;
    const ages: readonly (readonly [number, boolean])[] = [
      [NOW - 12 * HOUR + 1, true],
      [NOW - 12 * HOUR, false],
      [NOW + 60_000, true],
      [NOW + 60_001, false],
      [Number.NaN, false],
    ];
    for (const [assertedAt, count] of ages) {
      const one = at(assertedAt);
      assert.equal(one.claims?.count, count, String(assertedAt - NOW));
      assert.deepEqual(rolesIn(one, place), count ? ['reviewer'] : []);
    }
  });

  it('believes the newest of each person, and nothing of another provider', () => {
    const left = { ...record, groups: [], assertedAt: NOW };
    assert.deepEqual(rolesOf(join([], left, record), 'u-1-0000'), []);
    assert.deepEqual(join([], { ...record, issuer: 'https://evil.example' }), []);
  });

  it('makes one of an identity of the file and its subject', () => {
    const found = join([linked], record);
    assert.equal(found.length, 1);
    assert.deepEqual(rolesOf(found, 'reviewer'), ['oncall', 'reviewer']);
    assert.deepEqual(found[0]?.gitEmails, ['one@example.org']);
    assert.equal(found[0]?.fromClaims, undefined);
    assert.ok(!('oidc' in found[0]!));
  });

  it('keeps the roles of the file where claims are too old', () => {
    assert.deepEqual(rolesOf(join([linked], { ...record, assertedAt: 0 }), 'reviewer'), ['oncall']);
  });

  it('leaves who has the address of another without any role, and the other as they are', () => {
    const owner = { name: 'owner', roles: ['reviewer'], gitEmails: ['one@example.org'] };
    const found = join([owner], record);
    assert.deepEqual([rolesOf(found, 'owner'), rolesOf(found, 'u-1-0000')], [['reviewer'], []]);
    assert.deepEqual(found[1]?.gitEmails, []);
    // A subject that is called like the owner is not therefore the owner.
    assert.deepEqual(rolesOf(join([owner], { ...record, subject: 'owner' }), 'u-1-0000'), []);
  });

  it('leaves two who came with one address without any role, and the commits nobody’s', () => {
    const found = join([], record, { ...record, subject: 'u-2', name: 'u-2-0000' });
    assert.deepEqual([rolesOf(found, 'u-1-0000'), rolesOf(found, 'u-2-0000')], [[], []]);
    assert.deepEqual(
      found.flatMap(({ gitEmails }) => gitEmails),
      [],
    );
  });

  it('lets nobody in under a name of the file', () => {
    const owner = { name: 'u-1-0000', roles: [], gitEmails: [] };
    assert.deepEqual(join([owner], { ...record, email: 'x@example.org' }), [owner]);
  });

  it('takes everything from a subject that was revoked, also where it has a name of the file', () => {
    const revoked = [{ subject: 'u-1', reason: 'left', since: 0 }];
    for (const configured of [[], [linked]]) {
      const [one] = joinClaims(configured, [record], rules, revoked, NOW);
      assert.deepEqual([one?.revoked?.reason, rolesIn(one!, place)], ['left', []]);
    }
  });
});
