import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tallyDecisions } from '../../../src/domain/approval/tallyDecisions.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

let at = 0;
const says = (subject: string, decision: string, counted = true): DecisionRecord => {
  at += 1;
  return { at, jti: `j${at}`, subject, decision, reason: 'because', counted };
};

const inPlace = (subject: string, signedBy: string, of: string, decision: string): DecisionRecord => ({
  ...says(subject, decision),
  ...{ person: of, inPlaceOf: of, signedBy },
});

const lapsed = (record: DecisionRecord): DecisionRecord => ({
  ...record,
  lapsed: { at, code: 'authority_lapsed', reason: 'left' },
});

const rows: (readonly [string, number, readonly DecisionRecord[], string, readonly string[]])[] = [
  ['nobody', 1, [], 'waiting', []],
  ['one of one', 1, [says('a', 'approve')], 'approved', ['a']],
  ['one of two', 2, [says('a', 'approve')], 'waiting', ['a']],
  ['the same person twice', 2, [says('a', 'approve'), says('a', 'approve')], 'waiting', ['a']],
  ['two of two', 2, [says('a', 'approve'), says('b', 'approve')], 'approved', ['a', 'b']],
  ['one that does not count', 1, [says('a', 'approve', false)], 'waiting', []],
  ['a rejection that does not count', 1, [says('a', 'reject', false), says('b', 'approve')], 'approved', ['b']],
  ['a rejection beside enough approvals', 1, [says('a', 'approve'), says('b', 'reject')], 'rejected', ['b']],
  ['a quorum of zero', 0, [], 'waiting', []],
  ['a quorum that is no number', NaN, [], 'waiting', []],
  ['an unknown word', 1, [says('a', 'maybe')], 'waiting', []],
];

rows.push(
  ['an approval that lapsed', 1, [lapsed(says('a', 'approve'))], 'waiting', []],
  ['an approval that was taken back', 1, [says('a', 'approve'), says('a', 'withdraw')], 'waiting', []],
  ['changes asked for by another', 1, [says('a', 'request-changes'), says('b', 'approve')], 'waiting', ['b']],
  [
    'changes asked for, then approved by the same person',
    1,
    [says('a', 'request-changes'), says('a', 'approve')],
    'approved',
    ['a'],
  ],
  [
    'changes asked for, and that taken back',
    1,
    [says('a', 'request-changes'), says('b', 'approve'), says('a', 'withdraw')],
    'approved',
    ['b'],
  ],
  ['changes asked for by who approved', 1, [says('a', 'approve'), says('a', 'request-changes')], 'waiting', []],
  [
    'an approval that its own person took back, by a word that lapsed since',
    2,
    [says('a', 'approve'), lapsed(says('a', 'request-changes')), says('b', 'approve')],
    'waiting',
    ['b'],
  ],
  [
    'one person, and the same one in the place of another',
    2,
    [says('bob', 'approve'), inPlace('bob-ops', 'bob', 'alice', 'approve')],
    'waiting',
    ['bob-ops'],
  ],
  [
    'the same, with a change of mind between',
    2,
    [
      says('bob', 'approve'),
      inPlace('bob-ops', 'bob', 'alice', 'request-changes'),
      inPlace('bob-ops', 'bob', 'alice', 'approve'),
    ],
    'waiting',
    ['bob-ops'],
  ],
  [
    'one person in the places of two others',
    2,
    [inPlace('bob-ops', 'bob', 'alice', 'approve'), inPlace('bob-dev', 'bob', 'carol', 'approve')],
    'waiting',
    ['bob-dev'],
  ],
  [
    'a place and its owner, besides another',
    2,
    [inPlace('bob-ops', 'bob', 'alice', 'approve'), says('alice', 'approve'), says('carol', 'approve')],
    'approved',
    ['alice', 'carol'],
  ],
  [
    'two people, one of them in the place of a third',
    2,
    [says('carol', 'approve'), inPlace('bob-ops', 'bob', 'alice', 'approve')],
    'approved',
    ['carol', 'bob-ops'],
  ],
  ['a rejection in the place of an approval', 2, [says('a', 'approve'), says('a', 'reject')], 'rejected', ['a']],
  [
    'two identities of one person',
    2,
    [says('a', 'approve'), { ...says('a2', 'approve'), person: 'a' }],
    'waiting',
    ['a2'],
  ],
);

test('changes asked for by somebody whose word lapsed do not hold it up', () => {
  const decisions = [lapsed(says('a', 'request-changes')), says('b', 'approve')];
  assert.equal(tallyDecisions({ quorum: 1 }, decisions).kind, 'approved');
});

test('each group needs its own people, whoever else approves', () => {
  const policy = {
    quorum: 2,
    groups: [
      { roles: ['risk'], quorum: 1 },
      { roles: ['legal', 'compliance'], quorum: 2 },
    ],
  };
  const as = (subject: string, ...roles: string[]): DecisionRecord => ({ ...says(subject, 'approve'), roles });
  const [a, b, c, d] = [as('a', 'reviewer'), as('b', 'risk', 'legal'), as('c', 'compliance'), says('d', 'approve')];
  assert.match(
    tallyDecisions(policy, [a, c]).reason,
    /^0 of 1 approvals by risk; 1 of 2 approvals by legal, compliance$/,
  );
  assert.equal(tallyDecisions(policy, [a, b, d]).kind, 'waiting', 'roles that are not known are none');
  assert.equal(tallyDecisions(policy, [b, c]).kind, 'approved');
});

for (const [name, quorum, decisions, kind, by] of rows) {
  test(`${name}: ${kind}`, () => {
    const tally = tallyDecisions({ quorum }, decisions);
    assert.equal(tally.kind, kind);
    assert.deepEqual(tally.by, by);
    assert.notEqual(tally.reason, '');
  });
}
