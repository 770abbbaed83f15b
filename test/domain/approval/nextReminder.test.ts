import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextReminder } from '../../../src/domain/approval/nextReminder.js';

const DAY = 86_400_000;
const policy = { remindAfterMs: DAY, expireAfterMs: 9 * DAY };
const since = 1_000;

test('a wait of nine days has eight reminders, a day apart, and then expires', () => {
  let now = since;
  let reminders = 0;
  const days: number[] = [];
  for (;;) {
    const next = nextReminder(policy, since, reminders, now);
    now = next.at;
    if (next.kind === 'expire') break;
    reminders = next.number;
    days.push((next.at - since) / DAY);
  }
  assert.deepEqual(days, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(now, since + 9 * DAY);
});

test('reminders that were missed are sent as one', () => {
  const now = since + 3.5 * DAY;
  const late = nextReminder(policy, since, 0, now);
  assert.deepEqual(late, { kind: 'remind', at: now, number: 3 });
  assert.deepEqual(nextReminder(policy, since, 3, now), { kind: 'remind', at: since + 4 * DAY, number: 4 });
});

test('what ended while nothing ran expires now', () => {
  assert.deepEqual(nextReminder(policy, since, 2, since + 20 * DAY), { kind: 'expire', at: since + 20 * DAY });
});

test('without an interval there is only the expiry', () => {
  assert.deepEqual(nextReminder({ ...policy, remindAfterMs: 0 }, since, 0, since), {
    kind: 'expire',
    at: since + 9 * DAY,
  });
});

test('never looks back, never reminds at or after the expiry, and always gets on', () => {
  const ms = fc.integer({ min: 0, max: 1e9 });
  fc.assert(
    fc.property(ms, ms, ms, ms, fc.nat(50), (remindAfterMs, expireAfterMs, start, passed, reminders) => {
      const next = nextReminder({ remindAfterMs, expireAfterMs }, start, reminders, start + passed);
      assert.ok(next.at >= start + passed);
      if (next.kind === 'expire') return;
      assert.ok(next.at < start + expireAfterMs);
      assert.ok(next.number > reminders);
    }),
  );
});
