import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCalendar } from '../../src/adapters/calendar/calendar.js';
import type { BusinessCalendar, Interval, Recurrence } from '../../src/domain/calendar/types.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';

const calendar = createCalendar();
const HOUR = 3_600_000;
const utc = (text: string): number => Date.parse(`${text}:00Z`);
const shown = ({ from, to }: Interval): readonly string[] =>
  [from, to].map((at) => new Date(at).toISOString().slice(0, 16));
const windows = (recurrence: Recurrence, from: string, to: string) =>
  calendar.windows([recurrence], utc(from), utc(to)).map(shown);

const office: BusinessCalendar = {
  name: 'office',
  timeZone: 'Europe/Berlin',
  hours: Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri'].map((day) => [
      day,
      [
        { from: '09:00', to: '12:00' },
        { from: '13:00', to: '17:00' },
      ],
    ]),
  ),
  holidays: ['2026-12-25'],
};
const after = (since: string, hours: number, of: BusinessCalendar | undefined = office): string =>
  new Date(calendar.businessInstant(of, utc(since), hours * HOUR)).toISOString().slice(0, 16);

describe('business time', () => {
  it('is every hour where there is no calendar', () => {
    assert.equal(
      new Date(calendar.businessInstant(undefined, utc('2026-03-28T12:00'), 24 * HOUR)).toISOString(),
      '2026-03-29T12:00:00.000Z',
    );
  });

  it('counts only the hours of a day, not those at noon, at night and at the end of the week', () => {
    assert.equal(after('2026-06-01T06:30', 0), '2026-06-01T06:30');
    assert.equal(after('2026-06-01T06:30', 3), '2026-06-01T10:00');
    assert.equal(after('2026-06-01T06:30', 4), '2026-06-01T12:00');
    assert.equal(after('2026-06-01T06:30', 7), '2026-06-01T15:00');
    assert.equal(after('2026-06-05T14:00', 2), '2026-06-08T08:00');
  });

  it('passes over a holiday', () => {
    assert.equal(after('2026-12-24T15:30', 1), '2026-12-28T08:30');
  });

  it('keeps to the clock on the wall when it changes', () => {
    assert.equal(after('2026-03-27T15:00', 2), '2026-03-30T08:00');
    assert.equal(after('2026-10-23T14:00', 2), '2026-10-26T09:00');
  });

  it('loses the hour that the clock skips, and has the one that it shows twice', () => {
    const night: BusinessCalendar = { ...office, hours: { sun: [{ from: '00:00', to: '06:00' }] } };
    assert.equal(after('2026-03-28T23:00', 5, night), '2026-03-29T04:00');
    assert.equal(after('2026-10-24T22:00', 7, night), '2026-10-25T05:00');
  });

  it('never comes where a calendar has no hours', () => {
    assert.throws(
      () => calendar.businessInstant({ ...office, hours: {} }, 0, 1),
      (error) => error instanceof SlipwayError && error.code === 'calendar_without_hours',
    );
  });
});

describe('windows', () => {
  const berlin = { timeZone: 'Europe/Berlin', days: ['fri'] as const, from: '16:00' };

  it('come again every week by the clock on the wall', () => {
    assert.deepEqual(windows({ ...berlin, to: '18:00' }, '2026-03-20T00:00', '2026-04-04T00:00'), [
      ['2026-03-20T15:00', '2026-03-20T17:00'],
      ['2026-03-27T15:00', '2026-03-27T17:00'],
      ['2026-04-03T14:00', '2026-04-03T16:00'],
    ]);
  });

  it('end on the next day where the end is not after the beginning', () => {
    assert.deepEqual(windows({ ...berlin, to: '06:00' }, '2026-06-06T03:59', '2026-06-06T10:00'), [
      ['2026-06-05T14:00', '2026-06-06T04:00'],
    ]);
    assert.deepEqual(windows({ ...berlin, to: '06:00' }, '2026-06-06T04:00', '2026-06-06T10:00'), []);
  });

  it('may last for days, which are elapsed time', () => {
    assert.deepEqual(windows({ ...berlin, lastsMs: 64 * HOUR }, '2026-03-30T00:00', '2026-03-31T00:00'), [
      ['2026-03-27T15:00', '2026-03-30T07:00'],
    ]);
  });

  it('are one where they touch', () => {
    const daily: Recurrence = { timeZone: 'UTC', days: ['mon', 'tue'], from: '00:00', to: '24:00' };
    assert.deepEqual(windows(daily, '2026-06-01T12:00', '2026-06-03T00:00'), [
      ['2026-06-01T00:00', '2026-06-03T00:00'],
    ]);
  });

  it('happen once in the zone that they name', () => {
    const once: Recurrence = { timeZone: 'Asia/Kathmandu', starts: '2026-12-20T00:00', ends: '2027-01-02T08:00' };
    assert.deepEqual(windows(once, '2026-12-30T00:00', '2026-12-31T00:00'), [['2026-12-19T18:15', '2027-01-02T02:15']]);
    assert.deepEqual(windows(once, '2027-01-03T00:00', '2027-01-04T00:00'), []);
  });

  it('have nothing of what the clock skips, and last until it comes to their end for the last time', () => {
    const sunday = (timeZone: string, from: string, to: string): Recurrence => ({ timeZone, days: ['sun'], from, to });
    // Lord Howe moves its clocks by half an hour.
    for (const [zone, from, to, day, expected] of [
      ['Europe/Berlin', '02:15', '02:45', '2026-03-29', []],
      ['Europe/Berlin', '01:30', '02:30', '2026-03-29', [['2026-03-29T00:30', '2026-03-29T01:00']]],
      ['Europe/Berlin', '02:30', '02:45', '2026-10-25', [['2026-10-25T00:30', '2026-10-25T01:45']]],
      ['Europe/Berlin', '01:00', '02:00', '2026-10-25', [['2026-10-24T23:00', '2026-10-25T00:00']]],
      ['America/New_York', '01:30', '03:30', '2026-03-08', [['2026-03-08T06:30', '2026-03-08T07:30']]],
      ['America/New_York', '01:30', '03:30', '2026-11-01', [['2026-11-01T05:30', '2026-11-01T08:30']]],
      ['Australia/Lord_Howe', '01:45', '02:15', '2026-04-05', [['2026-04-04T14:45', '2026-04-04T15:45']]],
      ['Australia/Lord_Howe', '02:10', '02:40', '2026-10-04', [['2026-10-03T15:30', '2026-10-03T15:40']]],
    ] as const) {
      const noon = utc(`${day}T00:00`);
      const found = calendar.windows([sunday(zone, from, to)], noon - 12 * HOUR, noon + 24 * HOUR).map(shown);
      assert.deepEqual(found, expected, `${zone} ${from} to ${to} on ${day}`);
    }
  });
});
