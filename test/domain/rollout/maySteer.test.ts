import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maySteer, type Steerer } from '../../../src/domain/rollout/maySteer.js';
import type { Steering } from '../../../src/domain/rollout/steering.js';

const identities: Steerer['identities'] = [
  { name: 'oncall', roles: ['oncall'] },
  { name: 'operator', roles: ['operator'] },
  { name: 'author', roles: ['author', 'operator', 'oncall'] },
  { name: 'author-at-work', roles: ['operator'], person: 'author' },
  { name: 'robot', roles: ['operator'], kind: 'service' },
];
const ROLES: Readonly<Record<Steering, readonly string[]>> = {
  pause: ['oncall', 'operator'],
  resume: ['oncall', 'operator'],
  promote: ['operator'],
  abort: ['oncall', 'operator'],
};
const authorship = { authors: ['author'], unknown: [], trigger: 'author', resumedBy: [] };
const code = (word: Steering, name: string, change: Partial<Steerer> = {}): string => {
  const place = { model: 'm', environment: 'production' };
  const standing = maySteer({ word, name, roles: ROLES[word], place, identities, authorship, ...change });
  return standing.ok ? 'ok' : standing.code;
};

test('what is safe is open to everybody with the role, and what goes on to nobody who had a hand in it', () => {
  const expected = {
    oncall: ['ok', 'ok', 'forbidden', 'ok'],
    operator: ['ok', 'ok', 'ok', 'ok'],
    author: ['ok', 'self_approval', 'self_approval', 'ok'],
    'author-at-work': ['ok', 'self_approval', 'self_approval', 'ok'],
    robot: Array.from({ length: 4 }, () => 'service_account'),
    nobody: Array.from({ length: 4 }, () => 'forbidden'),
  };
  const words = Object.keys(ROLES) as Steering[];
  for (const [name, codes] of Object.entries(expected))
    assert.deepEqual(
      words.map((word) => code(word, name)),
      codes,
      name,
    );
});

test('nobody promotes what somebody unknown wrote; a pause of it can be ended', () => {
  const unknown = { authorship: { ...authorship, unknown: ['who@example.org'] } };
  assert.deepEqual(
    (['pause', 'resume', 'promote', 'abort'] as const).map((word) => code(word, 'operator', unknown)),
    ['ok', 'ok', 'unknown_author', 'ok'],
  );
});
