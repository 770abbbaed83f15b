/** calendars of slipway.config.yaml: when people work, and who stands in for them. */
import { z } from 'zod';
import { name } from '../contract/names.js';
import { mapping } from '../contract/yaml/expected.js';
import { valueAt } from '../contract/yaml/problemsOf.js';
import { unknownName } from '../contract/yaml/unknownName.js';
import { WEEKDAYS, type BusinessCalendar, type HoursOfDay } from '../domain/calendar/types.js';
import type { RuleBreach } from '../contract/yaml/checkYaml.js';
import type { YamlPath } from '../contract/yaml/readYaml.js';

const ZONE_WORDS = 'a time zone such as Europe/Berlin, or UTC';
const HOURS_WORDS = 'hours such as 09:00-17:00, the second after the first, 24:00 at the latest';

const isTimeZone = (text: string): boolean => {
  // Offsets are no zones: they do not say when clocks are changed.
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '';
  } catch {
    return false;
  }
};

export const timeZone = z.string({ error: ZONE_WORDS }).refine(isTimeZone, ZONE_WORDS);

const HOURS = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;

const hours = z
  .string({ error: HOURS_WORDS })
  .refine((text) => (HOURS.exec(text)?.[1] ?? '~') < (HOURS.exec(text)?.[2] ?? ''), HOURS_WORDS)
  .transform((text): HoursOfDay => ({ from: text.slice(0, 5), to: text.slice(6) }));

export const calendar = mapping({
  name,
  timeZone,
  hours: z
    .partialRecord(z.enum(WEEKDAYS), z.array(hours).min(1).max(10))
    .refine((days) => Object.keys(days).length > 0, 'hours of at least one day: mon, tue, wed, thu, fri, sat or sun'),
  holidays: z
    .array(z.iso.date({ error: 'a date such as 2026-12-25' }))
    .max(1000)
    .default([])
    .describe('Days without hours.'),
});

type Written = z.output<typeof calendar>;

/** The calendar of each identity: its own, or that of the installation; without one every hour is an hour of work. */
export const withCalendars = <I extends { readonly calendar?: string }>(
  identities: readonly I[],
  calendars: readonly Written[],
  byDefault: string | undefined,
): readonly (Omit<I, 'calendar'> & { readonly calendar?: BusinessCalendar })[] =>
  identities.map(({ calendar: own, ...identity }) => {
    const found = calendars.find((one) => one.name === (own ?? byDefault));
    return found === undefined ? identity : { ...identity, calendar: found };
  });

/** Names of calendars and deputies that there are not, and whoever would stand in for themselves. */
export const calendarRules = (value: unknown): readonly RuleBreach[] => {
  const calendars = names(value, 'calendars');
  const people = names(value, 'identities');
  const ofIdentities = people.flatMap((person, index) => [
    ...unknown(value, ['identities', index, 'calendar'], calendars, 'calendar'),
    ...list(value, ['identities', index, 'deputies']).flatMap((deputy, at): readonly RuleBreach[] => {
      const path = ['identities', index, 'deputies', at];
      if (deputy === person)
        return [{ path, message: `${String(person)} cannot stand in for themselves`, expected: 'somebody else' }];
      return unknown(value, path, people, 'identity');
    }),
  ]);
  return [...unknown(value, ['defaultCalendar'], calendars, 'calendar'), ...ofIdentities];
};

const unknown = (value: unknown, path: YamlPath, known: readonly unknown[], noun: string): readonly RuleBreach[] => {
  const word = valueAt(value, path);
  if (typeof word !== 'string' || known.includes(word)) return [];
  const meant = known.filter((one) => typeof one === 'string');
  return [unknownName(path, word, meant, noun)];
};

const names = (value: unknown, key: string): readonly unknown[] =>
  list(value, [key]).map((_, index) => valueAt(value, [key, index, 'name']));

const list = (value: unknown, path: YamlPath): readonly unknown[] => {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
};
