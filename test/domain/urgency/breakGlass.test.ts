import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GLASS_OPENED,
  judgeBreakGlass,
  type GlassCase,
  type GlassWord,
} from '../../../src/domain/urgency/breakGlass.js';

const artifactDigest = `sha256:${'b'.repeat(64)}` as const;
const version = { artifactDigest, releaseId: 'release/ferry/b', commit: 'b' };
const word = (sub: string, seq: number, change: Partial<GlassWord['claims']> = {}): GlassWord => ({
  at: 1_000,
  seq,
  claims: {
    ...{ iss: 'slipway', aud: 'here', sub, roles: ['oncall'], iat: 1, exp: 901, jti: `${sub}-${seq}` },
    ...{ workflowId: version.releaseId, model: 'ferry', env: 'production', gate: 'breakglass.production', epoch: 0 },
    ...{ artifactDigest, evidenceDigest: artifactDigest, policyDigest: artifactDigest },
    ...{ planDigest: artifactDigest, inputsDigest: artifactDigest, decision: 'override', reason: 'urgent' },
    ...change,
  },
});
const two = [word('oncall', 1), word('operator', 2)];
const usual: GlassCase = {
  words: two,
  entries: [],
  place: { model: 'ferry', environment: 'production' },
  version,
  audience: 'here',
  roles: ['oncall', 'operator'],
  identities: [
    { name: 'oncall', roles: ['oncall'] },
    { name: 'oncall-too', roles: ['oncall'], person: 'oncall' },
    { name: 'operator', roles: ['operator'] },
    { name: 'robot', roles: ['operator'], kind: 'service' },
    { name: 'reviewer', roles: ['reviewer'] },
    { name: 'author', roles: ['oncall'] },
  ],
  authorship: { authors: ['author'], unknown: [], trigger: 'author' },
};
const entry = (kind: string, seq: number) => ({ kind, seq, at: 0, body: { environment: 'production' } });
const other = `sha256:${'c'.repeat(64)}` as const;
const second = (sub: string, change: Partial<GlassWord['claims']> = {}) => ({ words: [two[0]!, word(sub, 2, change)] });

const TABLE: Readonly<Record<string, readonly [Partial<GlassCase>, 'agreed' | 'opened' | RegExp]>> = {
  'two people': [{}, 'agreed'],
  'two people, and it was opened since': [{ entries: [entry(GLASS_OPENED, 3)] }, 'opened'],
  'opened before the second': [{ entries: [entry(GLASS_OPENED, 1)] }, 'agreed'],
  'no roles': [{ roles: [] }, /no roles/],
  'one person': [{ words: [two[0]!] }, /^1 of 2/],
  'one person twice': [second('oncall'), /^1 of 2/],
  'one person under two identities': [second('oncall-too'), /^1 of 2/],
  'an author': [second('author'), /wrote or triggered/],
  'a service account': [second('robot'), /service account/],
  'somebody without the role now': [second('reviewer'), /none of the roles/],
  'somebody unknown': [second('stranger'), /not known/],
  'an unknown author': [{ authorship: { ...usual.authorship, unknown: ['x@example.org'] } }, /no known identity/],
  'another artifact': [second('operator', { artifactDigest: other }), /another artifactDigest/],
  'another evidence': [second('operator', { evidenceDigest: other }), /another evidenceDigest/],
  'another epoch': [second('operator', { epoch: 1 }), /another epoch/],
  'another gate': [second('operator', { gate: 'freeze.production' }), /another gate/],
  'an approval': [second('operator', { decision: 'approve' }), /another decision/],
  'no reason': [second('operator', { reason: ' ' }), /no reason/],
  'a release that ended since': [{ entries: [entry('release.ended', 3)] }, /has ended since/],
  'a passage that ended since': [{ usedAt: 1_000 }, /was used/],
};

for (const [name, [change, expected]] of Object.entries(TABLE))
  test(`break-glass of ${name}`, () => {
    const glass = judgeBreakGlass({ ...usual, ...change });
    if (glass.kind === 'shut') return assert.match(glass.reason, expected instanceof RegExp ? expected : /^never$/);
    assert.equal(glass.opened ? 'opened' : 'agreed', expected);
  });
