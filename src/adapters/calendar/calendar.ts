import { Temporal } from 'temporal-polyfill';
import { mergeIntervals } from '../../domain/calendar/mergeIntervals.js';
import {
  WEEKDAYS,
  type BusinessCalendar,
  type Interval,
  type Recurrence,
  type Weekday,
} from '../../domain/calendar/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Calendar } from '../../ports/calendar.js';
import { beginning, dateAt, ending } from './wallTime.js';

const DAY_MS = 86_400_000;
/** Where no business time comes for so long, none ever will. */
const SEARCHED_DAYS = 3_660;
const LONGEST_WINDOW_MS = 31 * DAY_MS;

/** A calendar by the time-zone database of this Node. */
export const createCalendar = (): Calendar => ({ businessInstant, windows });

const businessInstant = (calendar: BusinessCalendar | undefined, since: number, businessMs: number): number => {
  if (!(businessMs > 0)) return since;
  if (calendar === undefined) return since + businessMs;
  let left = businessMs;
  let date = dateAt(since, calendar.timeZone);
  for (let days = 0; days < SEARCHED_DAYS; days += 1, date = date.add({ days: 1 })) {
    for (const open of hoursOn(calendar, date)) {
      const from = Math.max(open.from, since);
      if (from >= open.to) continue;
      if (open.to - from >= left) return from + left;
      left -= open.to - from;
    }
  }
  throw new SlipwayError(
    'calendar_without_hours',
    `the calendar ${calendar.name} has too few hours: ${left} ms are left after ten years`,
  );
};

const hoursOn = ({ timeZone, hours, holidays }: BusinessCalendar, date: Temporal.PlainDate): readonly Interval[] => {
  if (holidays.includes(date.toString())) return [];
  const open = (hours[weekdayOf(date)] ?? []).map(({ from, to }) => ({
    from: beginning(date, from, timeZone),
    to: ending(date, to, timeZone),
  }));
  return mergeIntervals(open);
};

const windows = (recurrences: readonly Recurrence[], from: number, to: number): readonly Interval[] =>
  mergeIntervals(recurrences.flatMap((one) => occurrences(one, from, to))).filter(
    (found) => found.from < to && found.to > from,
  );

const occurrences = (recurrence: Recurrence, from: number, to: number): readonly Interval[] => {
  const { timeZone } = recurrence;
  if ('starts' in recurrence) {
    const [starts, ends] = [recurrence.starts, recurrence.ends].map((text) => Temporal.PlainDateTime.from(text));
    if (starts === undefined || ends === undefined) return [];
    return [
      {
        from: beginning(starts.toPlainDate(), starts.toPlainTime().toString(), timeZone),
        to: ending(ends.toPlainDate(), ends.toPlainTime().toString(), timeZone),
      },
    ];
  }
  const found: Interval[] = [];
  const last = dateAt(to, timeZone);
  // Windows that began earlier may still be open, and those that touch them are one with them.
  let date = dateAt(from - LONGEST_WINDOW_MS, timeZone);
  for (; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    if (recurrence.days.includes(weekdayOf(date))) found.push(occurrenceOn(recurrence, date));
  }
  return found;
};

const occurrenceOn = (
  recurrence: Exclude<Recurrence, { readonly starts: string }>,
  date: Temporal.PlainDate,
): Interval => {
  const from = beginning(date, recurrence.from, recurrence.timeZone);
  if ('lastsMs' in recurrence) return { from, to: from + Math.min(recurrence.lastsMs, LONGEST_WINDOW_MS) };
  const until = recurrence.to > recurrence.from ? date : date.add({ days: 1 });
  return { from, to: ending(until, recurrence.to, recurrence.timeZone) };
};

/** ISO counts from Monday, 1. */
const weekdayOf = (date: Temporal.PlainDate): Weekday => WEEKDAYS[date.dayOfWeek - 1] ?? 'mon';
