import type { BusinessCalendar, Interval, Recurrence } from '../domain/calendar/types.js';

/**
 * Turns what clocks on walls show into instants (epoch milliseconds). Only activities ask it, and what it says is
 * recorded: a new time-zone database changes nothing that was planned before.
 *
 * A stretch of local time lasts from the first instant at which the clock shows its beginning or something later, to the
 * last at which it comes to its end: an hour that the clock shows twice counts twice, one that it skips does not count.
 */
export interface Calendar {
  /**
   * The first instant at which so much business time has passed since `since`; `since` itself for 0. Without a calendar
   * every hour counts. `calendar_without_hours` where that does not come within ten years.
   */
  businessInstant(calendar: BusinessCalendar | undefined, since: number, businessMs: number): number;
  /**
   * The intervals that share an instant with `from` to `to`, in order; those that touch are one. Their ends are their own,
   * also where they lie outside.
   */
  windows(recurrences: readonly Recurrence[], from: number, to: number): readonly Interval[];
}
