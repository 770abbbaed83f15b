import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canApprove, type ApprovalQuestion } from '../../../src/domain/approval/canApprove.js';
import type { ApprovalSubject, DecisionStatement } from '../../../src/domain/approval/types.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

const NOW = 1_700_000_000_000;
const subject: ApprovalSubject = {
  workflowId: 'release/flight-delay/abc',
  model: 'flight-delay',
  env: 'production',
  gate: 'approve.production',
  epoch: 4,
  artifactDigest: 'sha256:a',
  evidenceDigest: 'sha256:e',
  policyDigest: 'sha256:p',
  planDigest: 'sha256:l',
  inputsDigest: 'sha256:i',
};
const claims: DecisionStatement = {
  iss: 'slipway',
  aud: 'here',
  sub: 'reviewer',
  roles: ['reviewer'],
  iat: NOW / 1000 - 10,
  exp: NOW / 1000 + 890,
  jti: 'j1',
  ...subject,
  decision: 'approve',
  reason: '',
};
const question: ApprovalQuestion = {
  claims,
  subject,
  audience: 'here',
  identities: [
    { name: 'author', roles: ['author', 'reviewer'] },
    { name: 'reviewer', roles: ['reviewer'] },
    { name: 'oncall', roles: ['oncall'] },
  ],
  policyRoles: ['reviewer'],
  authorship: { authors: ['author'], unknown: [], trigger: 'source/flight-delay' },
  earlier: [],
  now: NOW,
};
const record = (subjectName: string, jti: string, counted: boolean): DecisionRecord => ({
  at: NOW - 1000,
  jti,
  subject: subjectName,
  decision: 'approve',
  reason: '',
  counted,
});
const says = (change: Partial<DecisionStatement>): ApprovalQuestion => ({
  ...question,
  claims: { ...claims, ...change },
});

const codeOf = (asked: ApprovalQuestion): string => {
  const answer = canApprove(asked);
  return answer.ok ? 'ok' : answer.code;
};

const rows: readonly (readonly [string, ApprovalQuestion, string])[] = [
  ['a reviewer who had no part in it', question, 'ok'],
  ['a reviewer who rejects with a reason', says({ decision: 'reject', reason: 'brier got worse' }), 'ok'],
  ['a rejection without a reason', says({ decision: 'reject', reason: '  ' }), 'reason_required'],
  ['an author with the role', says({ sub: 'author' }), 'self_approval'],
  ['an author who rejects the own release', says({ sub: 'author', decision: 'reject', reason: 'wrong data' }), 'ok'],
  ['who triggered it', { ...question, authorship: { ...question.authorship, trigger: 'reviewer' } }, 'self_approval'],
  [
    'a commit of somebody unknown',
    { ...question, authorship: { ...question.authorship, unknown: ['x@example.org'] } },
    'unknown_author',
  ],
  ['no author at all', { ...question, authorship: { ...question.authorship, authors: [] } }, 'unknown_author'],
  ['somebody without the role, whatever the claims say', says({ sub: 'oncall', roles: ['reviewer'] }), 'forbidden'],
  ['somebody who is gone', { ...question, identities: [] }, 'forbidden'],
  ['a policy that names no role', { ...question, policyRoles: [] }, 'forbidden'],
  ['another installation', says({ aud: 'there' }), 'statement_mismatch'],
  ['another issuer', says({ iss: 'other' as 'slipway' }), 'statement_mismatch'],
  ['no known decision', says({ decision: 'perhaps' as 'approve' }), 'statement_mismatch'],
  ['past its delivery', says({ exp: NOW / 1000 }), 'statement_expired'],
  ['from the future', says({ iat: NOW / 1000 + 120 }), 'statement_expired'],
  ['an expiry that is no number', says({ exp: NaN }), 'statement_expired'],
  ['older than the policy allows', { ...question, maxAgeMs: 9_000 }, 'statement_expired'],
  ['the same statement again', { ...question, earlier: [record('reviewer', 'j1', true)] }, 'statement_used'],
  ['the same person again', { ...question, earlier: [record('reviewer', 'j0', true)] }, 'already_decided'],
  ['again after one that did not count', { ...question, earlier: [record('reviewer', 'j0', false)] }, 'ok'],
];

for (const [name, asked, expected] of rows) test(`${name}: ${expected}`, () => assert.equal(codeOf(asked), expected));

for (const claim of Object.keys(subject) as (keyof ApprovalSubject)[]) {
  test(`a statement with another ${claim} is for other evidence, and says what changed`, () => {
    const answer = canApprove(says({ [claim]: claim === 'epoch' ? 5 : 'sha256:other' }));
    assert.ok(!answer.ok);
    assert.equal(answer.code, 'statement_mismatch');
    assert.match(answer.reason, new RegExp(`^${claim} is `));
  });
}
