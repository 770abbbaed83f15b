import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBypass } from '../../../src/domain/hold/mayBypass.js';
import type { Authorship } from '../../../src/domain/release/types.js';

const identities = [
  { name: 'author', roles: ['author', 'operator'] },
  { name: 'author-alt', person: 'author', roles: ['operator'] },
  { name: 'nightly', kind: 'service', roles: ['operator'] },
  { name: 'oncall', roles: ['operator'] },
  { name: 'reviewer', roles: ['reviewer'] },
] as const;
const written: Authorship = { authors: ['author'], unknown: [], trigger: 'author' };

const CASES: readonly (readonly [why: string, name: string, authorship: Authorship, expected: string])[] = [
  ['has the role and wrote nothing', 'oncall', written, 'yes'],
  ['has no such role', 'reviewer', written, 'forbidden'],
  ['wrote it', 'author', written, 'self_approval'],
  ['is the same person as who wrote it', 'author-alt', written, 'self_approval'],
  ['had it told on', 'oncall', { ...written, resumedBy: ['oncall'] }, 'self_approval'],
  ['is a service', 'nightly', written, 'service_account'],
  ['cannot know who wrote it', 'oncall', { ...written, unknown: ['x@example.com'] }, 'unknown_author'],
  ['cannot know that anybody wrote it', 'oncall', { ...written, authors: [], trigger: '' }, 'unknown_author'],
];

for (const [why, name, authorship, expected] of CASES)
  test(`who ${why}: ${expected}`, () => {
    const place = { model: 'm', environment: 'production' };
    const standing = mayBypass({ name, asked: ['operator'], place, identities, authorship });
    assert.equal(standing.ok ? 'yes' : standing.code, expected);
  });
