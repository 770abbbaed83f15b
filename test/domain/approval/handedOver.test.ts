import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorityQuestion } from '../../../src/domain/approval/authorityOf.js';
import { placesHandedOver, unfitToTake } from '../../../src/domain/approval/handedOver.js';
import { tallyDecisions } from '../../../src/domain/approval/tallyDecisions.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

let at = 0;
const says = (subject: string, decision: string, more: Partial<DecisionRecord> = {}): DecisionRecord => {
  at += 1;
  return { at, jti: `j${at}`, subject, decision, reason: '', counted: true, ...more };
};
const hands = (of: string, to: string, more: Partial<DecisionRecord> = {}) => says(of, 'delegate', { to, ...more });
const inPlaceOf = (of: string) => ({ inPlaceOf: of, person: of });

test('a place is handed over by the last own word of who holds it', () => {
  const places = (...decisions: readonly DecisionRecord[]) =>
    placesHandedOver(decisions).map(({ of, to }) => `${of}>${to.join()}`);
  assert.deepEqual(places(hands('a', 'd'), hands('b', 'e')), ['a>d', 'b>e']);
  assert.deepEqual(places(hands('a', 'd'), hands('a', 'e')), ['a>e'], 'to one at a time');
  assert.deepEqual(places(hands('a', 'd'), says('a', 'withdraw')), []);
  assert.deepEqual(places(hands('a', 'd'), says('a', 'approve')), [], 'who decides keeps the place');
  assert.deepEqual(places(hands('a', 'd'), says('a2', 'approve', { person: 'a' })), [], 'under any identity');
  assert.deepEqual(places(hands('a', 'd'), says('d', 'approve', inPlaceOf('a'))), ['a>d']);
  assert.deepEqual(places(hands('a', 'd', { counted: false })), []);
  assert.deepEqual(places(hands('a', 'd', { lapsed: { at, code: 'evidence_changed', reason: '' } })), []);
});

test('a place counts once, whoever speaks in it last', () => {
  const two = { quorum: 2 };
  const taken = [hands('a', 'd'), says('d', 'approve', inPlaceOf('a'))];
  assert.equal(tallyDecisions({ quorum: 1 }, taken).kind, 'approved');
  assert.equal(tallyDecisions(two, [...taken, says('a', 'approve')]).kind, 'waiting');
  assert.equal(tallyDecisions(two, [...taken, says('b', 'approve')]).kind, 'approved');
  assert.equal(tallyDecisions({ quorum: 1 }, [...taken, says('a', 'withdraw')]).kind, 'waiting', 'taken back');
  assert.equal(
    tallyDecisions({ quorum: 1 }, [hands('a', 'd')]).reason,
    '0 of 1 approvals; d decides in the place of a',
  );
});

const question: AuthorityQuestion & { readonly inPlaceOf?: string } = {
  subject: { model: 'm', env: 'production' },
  identities: [
    { name: 'a', roles: ['reviewer'] },
    { name: 'b', roles: ['reviewer'] },
    { name: 'b-phone', roles: [], person: 'b' },
    { name: 'd', roles: [] },
    { name: 'author', roles: [] },
    { name: 'author-phone', roles: [], person: 'author' },
    { name: 'robot', roles: [], kind: 'service' },
    { name: 'writer', roles: [] },
    { name: 'writer-alt', roles: ['reviewer'], person: 'writer' },
    { name: 'left', roles: [], revoked: { reason: 'left', since: 0 } },
  ],
  policyRoles: ['reviewer'],
  authorship: { authors: ['author', 'writer-alt'], unknown: [], trigger: 'starter', resumedBy: ['resumer'] },
};
const known = [...question.identities, { name: 'starter', roles: [] }, { name: 'resumer', roles: [] }];

const refused = (to: string | undefined, more: { readonly inPlaceOf?: string } = {}): string => {
  const claims = { sub: 'a', decision: 'delegate' as const, ...(to === undefined ? {} : { to }) };
  const answer = unfitToTake(claims, { ...question, identities: known, ...more });
  return answer === undefined ? 'fit' : answer.ok ? 'ok' : `${answer.code}: ${answer.reason}`;
};

test('a place goes to a person without a voice, who could approve', () => {
  assert.equal(refused('d'), 'fit');
  for (const [to, why] of [
    [undefined, 'nobody is named'],
    ['stranger', 'stranger is not known here'],
    ['a', 'a decides here anyway'],
    ['b', 'b decides here anyway'],
    ['b-phone', 'b-phone decides here anyway, as b'],
    ['writer', 'writer wrote or triggered this release'],
    ['writer-alt', 'writer-alt wrote or triggered this release'],
    ['author', 'author wrote or triggered this release'],
    ['author-phone', 'author-phone wrote or triggered this release'],
    ['starter', 'starter wrote or triggered this release'],
    ['resumer', 'resumer resumed this release'],
    ['robot', 'robot is a service account'],
    ['left', 'left was revoked'],
  ] as const)
    assert.ok(refused(to).startsWith(`delegate_unfit: ${why}`), `${to}: ${refused(to)}`);
  assert.match(refused('d', { inPlaceOf: 'b' }), /^place_not_own: a decides in the place of b/);
});
