import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inPlaceOf, placesOfSilent, standsFor } from '../../../src/domain/approval/standIns.js';

const identities = [
  { name: 'reviewer-1', roles: ['reviewer'], deputies: ['deputy', 'other'] },
  { name: 'reviewer-2', roles: ['reviewer'], deputies: ['reviewer-1'] },
  { name: 'revoked', roles: ['reviewer'], deputies: ['deputy'], revoked: { reason: 'left', since: 0 } },
  { name: 'left', roles: [], deputies: ['deputy'] },
  { name: 'deputy', roles: ['author'] },
  { name: 'other', roles: [] },
];
const place = { model: 'm', environment: 'production' };
const question = { identities, roles: ['reviewer'], place, excluded: [] };
const found = (silent: readonly string[], name: string, more = {}) =>
  standsFor({ ...question, given: placesOfSilent(identities, silent), ...more }, name)?.name;

test('a deputy stands for a silent person, and nobody for one who is not silent', () => {
  assert.equal(found(['reviewer-1'], 'deputy'), 'reviewer-1');
  assert.equal(found([], 'deputy'), undefined);
  assert.equal(found(['reviewer-2'], 'deputy'), undefined);
});

test('who may decide anyway decides as themselves', () => {
  assert.equal(found(['reviewer-2'], 'reviewer-1'), undefined);
});

test('nobody stands in who may decide as another of their identities, nor for another of their own', () => {
  const twice = { identities: [...identities, { name: 'reviewer-2-ops', roles: [], person: 'reviewer-2' }] };
  const given = (of: string) => [{ of, to: ['reviewer-2-ops'] }];
  assert.equal(found([], 'reviewer-2-ops', { ...twice, given: given('reviewer-1') }), undefined);
  const revoked = { reason: 'left', since: 0 };
  const gone = { identities: twice.identities.map((one) => (one.name === 'reviewer-2' ? { ...one, revoked } : one)) };
  assert.equal(found([], 'reviewer-2-ops', { ...gone, given: given('reviewer-1') }), 'reviewer-1');
  assert.equal(found([], 'reviewer-2-ops', { ...gone, given: given('reviewer-2') }), undefined);
});

test('a person who lost the role, or who may not approve, has no place to give', () => {
  assert.equal(found(['left'], 'deputy'), undefined);
  assert.equal(found(['revoked'], 'deputy'), undefined);
  assert.equal(found(['reviewer-1'], 'deputy', { excluded: ['reviewer-1'] }), undefined);
  assert.equal(found(['reviewer-1'], 'nobody'), undefined);
});

test('a stand-in has the roles of the place besides their own', () => {
  const [of] = identities;
  assert.deepEqual(inPlaceOf(identities, 'deputy', of, place).find(({ name }) => name === 'deputy')?.roles, [
    'author',
    'reviewer',
  ]);
  assert.equal(inPlaceOf(identities, 'deputy', undefined, place), identities);
});
