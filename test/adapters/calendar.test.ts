/** The calendar against a brute-force reading of Python's zoneinfo, around changes of clocks. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import { WEEKDAYS, type BusinessCalendar, type Weekday } from '../../src/domain/calendar/types.js';
import { pythonTool } from '../fixtures/pythonTool.js';

// The release that this suite was written with; dates asked of lie before it.
const python = pythonTool('tzdata', ['tzdata==2025.3']);
const oracle = readFileSync('test/fixtures/oracles/wallTime.py', 'utf8');
const ask = (questions: readonly unknown[]): unknown =>
  JSON.parse(python.run('python', ['-c', oracle], JSON.stringify(questions)));

const calendar = createCalendar();
const MINUTE = 60_000;
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Santiago',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Africa/Cairo',
];
/** Dates on which clocks of these zones were changed, and any other. */
const date = fc.oneof(
  fc.constantFrom(
    '2025-03-30',
    '2025-10-26',
    '2025-03-09',
    '2025-11-02',
    '2025-04-06',
    '2025-10-05',
    '2025-09-07',
    '2025-02-23',
    '2025-04-25',
    '2025-10-31',
    '2011-12-29',
    '2011-12-30',
  ),
  fc
    .date({ min: new Date('2010-01-01'), max: new Date('2025-12-01'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10)),
);
const minutes = fc.nat(1439);
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const zone = fc.constantFrom(...ZONES);
const samples = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): readonly T[] =>
  fc.sample(arbitrary, { numRuns, seed: 20251026 });

describe('a calendar', { skip: python.missing ?? false, timeout: 120_000 }, () => {
  it('opens and closes windows when the clock comes to their times', () => {
    const questions = samples(
      fc.record({ timeZone: zone, day: date, from: minutes, lasts: fc.integer({ min: 1, max: 1439 }) }),
      300,
    ).map(({ timeZone, day, from, lasts }) => {
      const until = from + lasts;
      const next = new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
      return {
        timeZone,
        starts: `${day}T${clock(from)}`,
        ends: `${until < 1440 ? day : next}T${clock(until % 1440)}`,
      };
    });
    const expected = ask(questions) as readonly (readonly [number, number])[];
    questions.forEach((question, index) => {
      const [from, to] = expected[index] ?? [Number.NaN, Number.NaN];
      const found = calendar.windows([question], from - 1, to + 1);
      assert.deepEqual(found, to > from ? [{ from, to }] : [], JSON.stringify(question));
    });
  });

  it('counts business time as it passes there', () => {
    const hours = fc
      .tuple(minutes, fc.integer({ min: 1, max: 700 }))
      .map(([from, lasts]) => [clock(from), clock(Math.min(1439, from + lasts))] as const);
    const questions = samples(
      fc.record({
        timeZone: zone,
        day: date,
        minute: minutes,
        hours,
        weekdays: fc.subarray([...WEEKDAYS], { minLength: 2 }),
        holiday: fc.nat(3),
        business: fc.integer({ min: 1, max: 1800 }),
      }),
      80,
    ).map(({ timeZone, day, minute, hours: [from, to], weekdays, holiday, business }) => ({
      timeZone,
      since: Date.parse(day) + minute * MINUTE,
      hours: Object.fromEntries(weekdays.map((weekday) => [weekday, from === to ? [] : [[from, to]]])) as Partial<
        Record<Weekday, readonly (readonly [string, string])[]>
      >,
      holidays: [new Date(Date.parse(day) + holiday * 86_400_000).toISOString().slice(0, 10)],
      businessMs: business * MINUTE,
    }));
    const expected = ask(questions) as readonly (number | null)[];
    let compared = 0;
    questions.forEach((question, index) => {
      const at = expected[index];
      // The oracle looks at four months.
      if (at === null || at === undefined) return;
      const of: BusinessCalendar = {
        ...question,
        name: 'sampled',
        hours: Object.fromEntries(
          Object.entries(question.hours).map(([day, list]) => [day, list.map(([from, to]) => ({ from, to }))]),
        ),
      };
      assert.equal(calendar.businessInstant(of, question.since, question.businessMs), at, JSON.stringify(question));
      compared += 1;
    });
    assert.ok(compared > 40, `only ${compared} were compared`);
  });
});
