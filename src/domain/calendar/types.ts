export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Times of a day as the clock on the wall shows them, `HH:MM`; `to` may be `24:00`. */
export interface HoursOfDay {
  readonly from: string;
  readonly to: string;
}

/** When somebody works. A day that is not named, and one that is a holiday, has no hours. */
export interface BusinessCalendar {
  readonly name: string;
  /** A name of the tz database, such as `Europe/Berlin`. */
  readonly timeZone: string;
  readonly hours: Readonly<Partial<Record<Weekday, readonly HoursOfDay[]>>>;
  /** Dates in that zone, `YYYY-MM-DD`. */
  readonly holidays: readonly string[];
}

/** Something that comes again every week, or once. */
export type Recurrence =
  | {
      readonly timeZone: string;
      /** Days on which it begins. */
      readonly days: readonly Weekday[];
      readonly from: string;
      /** A time that is not after `from` is one of the next day. */
      readonly to: string;
    }
  | {
      readonly timeZone: string;
      readonly days: readonly Weekday[];
      readonly from: string;
      /** Elapsed time, whatever the clocks do meanwhile; at most 31 days. */
      readonly lastsMs: number;
    }
  /** Local dates and times, `YYYY-MM-DDTHH:MM`. */
  | { readonly timeZone: string; readonly starts: string; readonly ends: string };

/** Epoch milliseconds, `from` included, `to` not. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}
