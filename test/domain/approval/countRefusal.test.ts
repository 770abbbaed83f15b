import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRefusal, NOTHING_REFUSED, type RefusalCount } from '../../../src/domain/approval/countRefusal.js';

/** Positions at which somebody is told, of refusals at these times. */
const alertsAt = (times: readonly number[]): readonly number[] => {
  let count: RefusalCount = NOTHING_REFUSED;
  return times.filter((at) => {
    const counted = countRefusal(count, at);
    count = counted.count;
    return counted.alert;
  });
};
const MINUTE = 60_000;
const every = (ms: number, number: number, from = 0): readonly number[] =>
  Array.from({ length: number }, (_, at) => from + at * ms);

test('the twentieth refusal within ten minutes is told, and not each one after it', () => {
  assert.deepEqual(alertsAt(every(1_000, 19)), []);
  assert.deepEqual(alertsAt(every(1_000, 5_000)).slice(0, 2), [19_000, 19_000 + 60 * MINUTE]);
});

test('refusals that are far apart are mistakes of people', () => {
  assert.deepEqual(alertsAt(every(MINUTE, 500)), []);
});

test('a count is bounded, whatever comes', () => {
  let count: RefusalCount = NOTHING_REFUSED;
  for (const at of every(1, 1_000)) ({ count } = countRefusal(count, at));
  assert.deepEqual([count.total, count.last.length], [1_000, 20]);
});
