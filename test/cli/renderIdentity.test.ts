import assert from 'node:assert/strict';
import { it } from 'node:test';
import { renderIdentity } from '../../src/cli/renderIdentity.js';

it('whoami says what somebody may do where, and until when', () => {
  const service = { name: 'nightly', kind: 'service', person: 'author', roles: [] } as const;
  const grants = [
    { role: 'author', models: ['flights', 'fares'] },
    { role: 'oncall', models: ['flights'], environments: ['test'] },
  ];
  assert.equal(
    renderIdentity({ ...service, grants, expiresAt: 0 }),
    [
      'nightly: author for flights, fares; oncall for flights in test',
      'a service account: it decides nothing',
      'an identity of author',
      'the token ends at 1970-01-01 00:00:00 UTC',
    ].join('\n'),
  );
  const guest = { name: 'guest', kind: 'person', person: 'guest', roles: [], grants: [] } as const;
  assert.equal(
    renderIdentity({ ...guest, authenticatedAt: 0, expiresAt: 60_000, claims: { countUntil: 60_000, count: false } }),
    [
      'guest: no role',
      'logged in at 1970-01-01 00:00:00 UTC; the session ends at 1970-01-01 00:01:00 UTC',
      'groups counted until 1970-01-01 00:01:00 UTC',
    ].join('\n'),
  );
});
