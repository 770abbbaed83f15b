import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import {
  nextLadderStep,
  NOT_CLIMBED,
  showLadder,
  type Climbed,
  type Ladder,
  type LadderStep,
} from '../../../src/domain/approval/ladder.js';
import { planLadder, type LadderQuestion } from '../../../src/domain/approval/planLadder.js';

const HOUR = 3_600_000;
const remind = (number: number, at: number): LadderStep => ({ kind: 'remind', number, at, to: ['reviewer'] });
const delegate: LadderStep = { kind: 'delegate', at: 25, of: 'reviewer-1', to: ['deputy'] };
const escalate: LadderStep = { kind: 'escalate', at: 40, to: ['lead'] };
const ladder: Ladder = { steps: [escalate, remind(1, 10), remind(2, 20), delegate, remind(3, 30)], expireAt: 50 };

describe('a ladder', () => {
  it('is climbed step by step, and ends', () => {
    const seen: (readonly [number, string])[] = [];
    let climbed = NOT_CLIMBED;
    for (let now = 0; ;) {
      const next = nextLadderStep(ladder, climbed, now);
      if (next.kind === 'expire') break;
      if (next.kind === 'wait') now = next.at;
      else {
        seen.push(...next.steps.map(({ kind }) => [now, kind] as const));
        ({ climbed } = next);
      }
    }
    assert.deepEqual(seen, [
      [10, 'remind'],
      [20, 'remind'],
      [25, 'delegate'],
      [30, 'remind'],
      [40, 'escalate'],
    ]);
    assert.deepEqual(climbed, { reminders: 3, delegated: ['reviewer-1'], escalated: true });
  });

  it('takes what was missed at once, with one reminder', () => {
    assert.deepEqual(nextLadderStep(ladder, NOT_CLIMBED, 45), {
      kind: 'take',
      steps: [delegate, remind(3, 30), escalate],
      climbed: { reminders: 3, delegated: ['reviewer-1'], escalated: true },
    });
    assert.deepEqual(nextLadderStep(ladder, NOT_CLIMBED, 50), { kind: 'expire' });
  });

  it('goes on where it was when it is planned anew', () => {
    const climbed: Climbed = { reminders: 2, delegated: ['reviewer-1'], escalated: false };
    const moved: Ladder = { steps: [remind(2, 22), { ...delegate, at: 27 }, remind(3, 33)], expireAt: 50 };
    assert.deepEqual(nextLadderStep(moved, climbed, 28), { kind: 'wait', at: 33, step: remind(3, 33) });
  });

  it('shows what was taken, the next reminder and what is ahead', () => {
    const climbed: Climbed = { reminders: 1, delegated: ['reviewer-1'], escalated: false };
    assert.deepEqual(
      showLadder(ladder, climbed).map(({ kind, at, taken }) => [kind, at, taken]),
      [
        ['remind', 20, false],
        ['delegate', 25, true],
        ['escalate', 40, false],
      ],
    );
  });

  it('has ended where its end is no number', () => {
    assert.deepEqual(nextLadderStep({ steps: [], expireAt: Number.NaN }, NOT_CLIMBED, 0), { kind: 'expire' });
  });
});

test('whatever the steps, each is taken once, none at or after the end, and the wait ends', () => {
  const at = fc.nat(100);
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('remind' as const),
      at,
      number: fc.integer({ min: 1, max: 5 }),
      to: fc.constant(['r']),
    }),
    fc.record({ kind: fc.constant('delegate' as const), at, of: fc.constantFrom('a', 'b'), to: fc.constant(['d']) }),
    fc.record({ kind: fc.constant('escalate' as const), at, to: fc.constant(['l']) }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 12 }),
      at,
      fc.array(fc.nat(30), { maxLength: 40 }),
      (steps, expireAt, pauses) => {
        let climbed = NOT_CLIMBED;
        let now = 0;
        const taken: string[] = [];
        for (let round = 0; round < 60; round += 1) {
          const next = nextLadderStep({ steps, expireAt }, climbed, now);
          if (next.kind === 'expire') {
            assert.ok(now >= expireAt);
            return;
          }
          if (next.kind === 'take') {
            assert.ok(next.steps.every((one) => one.at <= now && one.at < expireAt));
            taken.push(
              ...next.steps.map((one) =>
                JSON.stringify(one.kind === 'remind' ? one.number : one.kind === 'delegate' ? one.of : ''),
              ),
            );
            assert.equal(new Set(taken).size, taken.length, 'twice');
            ({ climbed } = next);
          } else {
            assert.ok(next.at > now);
            // A worker may be away for a while when the timer rings.
            now = next.at + (pauses[round] ?? 0);
          }
        }
        assert.fail('it never ended');
      },
    ),
  );
});

describe('the plan of a ladder', () => {
  const shift = (name: string) => ({ name, timeZone: 'UTC', hours: {}, holidays: [] });
  const question: LadderQuestion = {
    policy: { remindAfterMs: HOUR, delegateAfterMs: 2 * HOUR, escalateAfterMs: 3 * HOUR, escalateTo: ['lead'] },
    roles: ['reviewer'],
    deciders: [
      { name: 'reviewer-1', calendar: shift('early'), deputies: ['deputy-1'] },
      { name: 'reviewer-2', calendar: shift('late'), deputies: ['deputy-2'] },
      { name: 'reviewer-3', calendar: shift('late'), deputies: [] },
    ],
    since: 0,
    expireAt: 100 * HOUR,
    // Who works late does so half of the time.
    businessInstant: (calendar, since, ms) => since + (calendar?.name === 'late' ? 2 : 1) * ms,
  };

  it('reminds with the first, gives away a place by its own hours, and calls others with the last', () => {
    const steps = planLadder(question);
    assert.deepEqual(
      steps.filter(({ kind }) => kind !== 'remind'),
      [
        { kind: 'delegate', at: 2 * HOUR, of: 'reviewer-1', to: ['deputy-1'] },
        { kind: 'delegate', at: 4 * HOUR, of: 'reviewer-2', to: ['deputy-2'] },
        { kind: 'escalate', at: 6 * HOUR, to: ['lead'] },
      ],
    );
    const reminders = steps.filter(({ kind }) => kind === 'remind');
    assert.deepEqual(reminders.slice(0, 2), [remind(1, HOUR), remind(2, 2 * HOUR)]);
    assert.equal(reminders.length, 99);
  });

  it('has no step at or after the end, and none that never comes', () => {
    assert.deepEqual(planLadder({ ...question, expireAt: HOUR }), []);
    assert.deepEqual(planLadder({ ...question, businessInstant: () => undefined }), []);
  });

  it('goes by the clock where nobody may decide', () => {
    const steps = planLadder({ ...question, deciders: [], expireAt: 4 * HOUR });
    assert.deepEqual(
      steps.map(({ kind, at }) => [kind, at / HOUR]),
      [
        ['remind', 1],
        ['remind', 2],
        ['remind', 3],
        ['escalate', 3],
      ],
    );
  });

  it('has at most 200 reminders', () => {
    assert.equal(planLadder({ ...question, policy: { remindAfterMs: 1000 } }).length, 200);
  });
});
