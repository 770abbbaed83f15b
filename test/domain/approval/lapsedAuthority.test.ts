/** Whose word still stands once their authority is gone: in the release as at the target. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canApprove } from '../../../src/domain/approval/canApprove.js';
import { lapsedAuthority } from '../../../src/domain/approval/lapsedAuthority.js';
import type { ApprovalSubject } from '../../../src/domain/approval/types.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

const digest = `sha256:${'a'.repeat(64)}` as const;
const subject: ApprovalSubject = {
  ...{ workflowId: 'release/m/c', model: 'm', env: 'production', gate: 'approve.production', epoch: 0 },
  ...{ artifactDigest: digest, evidenceDigest: digest, policyDigest: digest, planDigest: digest, inputsDigest: digest },
};
/** Who handed the place over has lost it, and the stand-in with them. */
const question = {
  ...{ subject, policyRoles: ['reviewer'], authorship: { authors: ['author'], unknown: [], trigger: '' } },
  identities: [
    { name: 'giver', roles: [] },
    { name: 'stand-in', roles: [] },
    { name: 'other', roles: ['reviewer'] },
  ],
};
const said = (who: string, decision: string, inPlaceOf?: string): DecisionRecord => ({
  ...{ at: 1, jti: `${who}-${decision}`, subject: who, decision, reason: 'x', counted: true },
  ...(inPlaceOf === undefined ? {} : { person: inPlaceOf, inPlaceOf, signedBy: who }),
});
const lapsed = (...decisions: readonly DecisionRecord[]): readonly string[] =>
  lapsedAuthority(decisions, question).map(({ jti }) => jti);

test('an objection in a place that was lost stays; an approval there lapses', () => {
  for (const decision of ['request-changes', 'reject'])
    assert.deepEqual(lapsed(said('stand-in', decision, 'giver')), [], decision);
  assert.deepEqual(lapsed(said('stand-in', 'approve', 'giver')), ['stand-in-approve']);
  assert.deepEqual(lapsed(said('giver', 'request-changes')), ['giver-request-changes'], 'in their own place');
});

test('who objected in a place that was lost can take it back, and say nothing else', () => {
  const says = (
    sub: string,
    decision: 'withdraw' | 'approve' | 'reject',
    earlier: readonly DecisionRecord[],
  ): string => {
    const claims = { ...subject, sub, decision, reason: 'x', roles: [], iat: 0, exp: 900, jti: 'next' };
    const answer = canApprove({
      ...{ ...question, subject, audience: 'test', now: 0, earlier },
      claims: { ...claims, iss: 'slipway', aud: 'test' },
    });
    return answer.ok ? 'ok' : answer.code;
  };
  const objection = said('stand-in', 'request-changes', 'giver');
  assert.equal(says('stand-in', 'withdraw', [objection]), 'ok');
  assert.equal(says('stand-in', 'approve', [objection]), 'forbidden');
  assert.equal(says('giver', 'withdraw', [objection]), 'forbidden', 'it is not theirs');
  assert.equal(says('stand-in', 'withdraw', [said('stand-in', 'approve', 'giver')]), 'forbidden');
  assert.equal(says('stand-in', 'withdraw', [objection, said('stand-in', 'withdraw')]), 'nothing_to_withdraw');
});
