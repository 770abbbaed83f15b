import { Temporal } from 'temporal-polyfill';

/** The first instant at which the clock of a zone shows this local time or a later one; `24:00` begins the next day. */
export const beginning = (date: Temporal.PlainDate, time: string, timeZone: string): number => {
  const local = localTime(date, time);
  const found = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (found.toPlainDateTime().equals(local)) return found.epochMilliseconds;
  // The clock skips it: `found` is as long before the skip as the time is behind it.
  return found.getTimeZoneTransition('next')?.epochMilliseconds ?? found.epochMilliseconds;
};

/** The last instant at which the clock comes to this time: the second, where it is set back behind it. */
export const ending = (date: Temporal.PlainDate, time: string, timeZone: string): number => {
  const local = localTime(date, time);
  const found = local.toZonedDateTime(timeZone, { disambiguation: 'later' });
  if (!found.toPlainDateTime().equals(local)) return beginning(date, time, timeZone);
  const justBefore = found.subtract({ milliseconds: 1 }).toPlainDateTime();
  // Set back to just this time, it came from a later one.
  return Temporal.PlainDateTime.compare(justBefore, local) >= 0
    ? beginning(date, time, timeZone)
    : found.epochMilliseconds;
};

const localTime = (date: Temporal.PlainDate, time: string): Temporal.PlainDateTime =>
  time === '24:00'
    ? date.add({ days: 1 }).toPlainDateTime()
    : date.toPlainDateTime(Temporal.PlainTime.from(time, { overflow: 'reject' }));

/** The date that the clock of a zone shows then. */
export const dateAt = (instant: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(instant)).toZonedDateTimeISO(timeZone).toPlainDate();
