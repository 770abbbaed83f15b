import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tallyDecisions } from '../../../src/domain/approval/tallyDecisions.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

let at = 0;
const says = (subject: string, decision: string, counted = true): DecisionRecord => {
  at += 1;
  return { at, jti: `j${at}`, subject, decision, reason: 'because', counted };
};

const rows: readonly (readonly [string, number, readonly DecisionRecord[], string, readonly string[]])[] = [
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

for (const [name, quorum, decisions, kind, by] of rows) {
  test(`${name}: ${kind}`, () => {
    const tally = tallyDecisions({ quorum }, decisions);
    assert.equal(tally.kind, kind);
    assert.deepEqual(tally.by, by);
    assert.notEqual(tally.reason, '');
  });
}
