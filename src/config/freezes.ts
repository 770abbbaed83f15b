/** Times at which environments take no new versions, as the operator declares them. */
import { z } from 'zod';
import { name } from '../contract/names.js';
import { mapping } from '../contract/yaml/expected.js';
import { WEEKDAYS } from '../domain/calendar/types.js';
import { timeZone } from './calendars.js';
import { instant } from './instant.js';

const TIME_WORDS = 'a time of day such as 18:00';
const timeOfDay = z.string({ error: TIME_WORDS }).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, TIME_WORDS);

export const freeze = mapping({
  name,
  reason: z.string({ error: 'why nothing new may come in' }).min(1).max(500),
  owner: name.describe('Who answers for it.'),
  models: z.array(name).min(1).max(1000).exactOptional().describe('Absent: every model.'),
  environments: z.array(name).min(1).max(100).exactOptional().describe('Absent: every environment.'),
  override: z
    .array(name)
    .max(20)
    .default(['operator'])
    .describe('Roles of which one person may let one release pass; none: nobody may.'),
  from: instant.exactOptional(),
  to: instant.exactOptional().describe('The first instant that is free again.'),
  recurring: mapping({
    timeZone,
    days: z.array(z.enum(WEEKDAYS)).min(1).max(7).describe('Days on which it begins.'),
    from: timeOfDay,
    to: timeOfDay.describe('One that is not after from is a time of the next day.'),
  })
    .exactOptional()
    .describe('It comes again each week, by the clocks of a time zone; instead of from and to.'),
});
