import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortenDecisions } from '../../../src/domain/approval/shortenDecisions.js';
import type { DecisionRecord } from '../../../src/domain/release/types.js';

const said = (at: number, more: Partial<DecisionRecord> = {}): DecisionRecord => ({
  ...{ at, jti: `j${at}`, subject: 'a', decision: 'approve', reason: '', counted: true },
  ...more,
});
const lapsed = { at: 0, code: 'evidence_changed', reason: 'another' };

test('lists whatever counts, and of what does not any more the latest', () => {
  const past = Array.from({ length: 205 }, (_, at) => said(at, at % 2 === 0 ? { lapsed } : { takenBack: true }));
  const counts = said(1_000);
  const refused = said(1_001, { counted: false, refusal: 'forbidden' });
  const { decisions, left } = shortenDecisions([counts, ...past, refused]);
  assert.equal(left, 5);
  assert.deepEqual(
    decisions.map(({ at }) => at),
    [1_000, ...Array.from({ length: 200 }, (_, at) => at + 5), 1_001],
  );
});

test('leaves a short list as it is', () => {
  const few = [said(1, { takenBack: true }), said(2)];
  assert.deepEqual(shortenDecisions(few), { decisions: few, left: 0 });
});
