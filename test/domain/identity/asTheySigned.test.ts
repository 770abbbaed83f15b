import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asTheySigned } from '../../../src/domain/identity/asTheySigned.js';
import { rolesIn } from '../../../src/domain/identity/roles.js';

const place = { model: 'm', environment: 'production' };
const identities = [
  { name: 'left', roles: ['reviewer'], revoked: { reason: 'left', since: 0 } },
  { name: 'moved', roles: ['oncall'] },
  { name: 'stays', roles: ['reviewer'] },
];
const then = (...signed: readonly (readonly [string, ...string[]])[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    asTheySigned(
      identities,
      signed.map(([sub, ...roles]) => ({ sub, roles })),
    ).map((one) => [one.name, rolesIn(one, place)]),
  );

test('who signed has the roles of then, also who left, moved on or is gone; nobody else gets any', () => {
  assert.deepEqual(then(), { left: [], moved: ['oncall'], stays: ['reviewer'] });
  assert.deepEqual(then(['left', 'reviewer'], ['moved', 'reviewer'], ['gone', 'reviewer']), {
    ...{ left: ['reviewer'], moved: ['oncall', 'reviewer'], stays: ['reviewer'] },
    gone: ['reviewer'],
  });
});
