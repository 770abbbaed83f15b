import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canApprove, type ApprovalQuestion } from '../../../src/domain/approval/canApprove.js';
import type { ApprovalSubject, DecisionStatement } from '../../../src/domain/approval/types.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

const WEEK = 7 * 86_400_000;
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
    { name: 'reviewer-laptop', roles: ['reviewer'], person: 'reviewer' },
    { name: 'author-laptop', roles: ['reviewer'], person: 'author' },
    { name: 'robot', roles: ['reviewer'], kind: 'service' },
    { name: 'left', roles: ['reviewer'], revoked: { reason: 'left', since: 0 } },
    { name: 'elsewhere', roles: [], grants: [{ role: 'reviewer', models: ['another'] }] },
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
  ['the author under another identity', says({ sub: 'author-laptop' }), 'self_approval'],
  [
    'who triggered it under another identity',
    { ...says({ sub: 'reviewer-laptop' }), authorship: { ...question.authorship, trigger: 'reviewer' } },
    'self_approval',
  ],
  [
    'the same person under another identity',
    { ...says({ sub: 'reviewer-laptop' }), earlier: [record('reviewer', 'j0', true)] },
    'already_decided',
  ],
  ['a service account with the role', says({ sub: 'robot' }), 'service_account'],
  ['who was revoked', says({ sub: 'left' }), 'identity_revoked'],
  ['a reviewer of another model', says({ sub: 'elsewhere' }), 'forbidden'],
  ['somebody who is gone', { ...question, identities: [] }, 'forbidden'],
  ['a policy that names no role', { ...question, policyRoles: [] }, 'forbidden'],
  ['another installation', says({ aud: 'there' }), 'statement_mismatch'],
  ['another issuer', says({ iss: 'other' as 'slipway' }), 'statement_mismatch'],
  ['no known decision', says({ decision: 'perhaps' as 'approve' }), 'statement_mismatch'],
  ['past its delivery', says({ exp: NOW / 1000 }), 'statement_expired'],
  ['judged a week after its deadline', { ...question, judgedAt: claims.exp * 1000 + WEEK }, 'ok'],
  ['judged later than that', { ...question, judgedAt: claims.exp * 1000 + WEEK + 1 }, 'statement_expired'],
  [
    'a rejection that is judged later than that',
    { ...says({ decision: 'reject', reason: 'worse' }), judgedAt: claims.exp * 1000 + 9 * WEEK },
    'ok',
  ],
  ['when the wait is over', { ...question, waitsUntil: NOW }, 'approval_expired'],
  ['right before the wait is over', { ...question, waitsUntil: NOW + 1 }, 'ok'],
  ['a wait without an end that is a number', { ...question, waitsUntil: NaN }, 'approval_expired'],
  ['from the future', says({ iat: NOW / 1000 + 120 }), 'statement_expired'],
  ['an expiry that is no number', says({ exp: NaN }), 'statement_expired'],
  ['older than the policy allows', { ...question, maxAgeMs: 9_000 }, 'statement_expired'],
  ['the same statement again', { ...question, earlier: [record('reviewer', 'j1', true)] }, 'statement_used'],
  ['the same person again', { ...question, earlier: [record('reviewer', 'j0', true)] }, 'already_decided'],
  [
    'the person in whose place somebody decided so',
    { ...question, earlier: [{ ...record('deputy', 'j0', true), person: 'reviewer', inPlaceOf: 'reviewer' }] },
    'ok',
  ],
  [
    'who decided so in that place',
    {
      ...question,
      inPlaceOf: 'away',
      earlier: [{ ...record('reviewer', 'j0', true), person: 'away', inPlaceOf: 'away' }],
    },
    'already_decided',
  ],
  [
    'the same person, who decides otherwise',
    { ...says({ decision: 'request-changes', reason: 'card' }), earlier: [record('reviewer', 'j0', true)] },
    'ok',
  ],
  ['changes asked for without a reason', says({ decision: 'request-changes' }), 'reason_required'],
  ['an author who asks for changes', says({ sub: 'author', decision: 'request-changes', reason: 'wrong data' }), 'ok'],
  ['a withdrawal of nothing', says({ decision: 'withdraw' }), 'nothing_to_withdraw'],
  ['a withdrawal', { ...says({ decision: 'withdraw' }), earlier: [record('reviewer', 'j0', true)] }, 'ok'],
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
