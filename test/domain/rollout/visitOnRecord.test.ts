import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OtherPhase } from '../../../src/domain/rollout/types.js';
import { visitOnRecord } from '../../../src/domain/rollout/visitOnRecord.js';

const look = (index: number, seq: number, phase?: OtherPhase) => ({
  ...{ index, seq },
  ...(phase === undefined ? {} : { phase }),
});
const at = (seq: number, index = 0) => ({ index, seq });

test('the first time nothing is on record, and more looks on the same counts are the same time', () => {
  assert.equal(visitOnRecord([], at(2)), 1);
  assert.equal(visitOnRecord([look(0, 2), look(0, 2)], at(2)), 1);
});

test('each earlier command since which somebody looked at this phase is one time more', () => {
  const entries = [look(0, 2), look(0, 2), look(1, 3), look(0, 4), look(0, 5, 'shadow')];
  assert.equal(visitOnRecord(entries, at(6)), 3);
  assert.equal(visitOnRecord(entries, at(4)), 2, 'a late attempt of the second time is of the second time');
  assert.equal(visitOnRecord(entries, at(6, 1)), 2);
  assert.equal(visitOnRecord(entries, { ...at(6), phase: 'shadow' }), 2);
  assert.equal(visitOnRecord(entries, { ...at(6), phase: 'switch' }), 1);
});
