import { z } from 'zod';

/** Written with a time zone; read as epoch milliseconds. */
export const instant = z.iso
  .datetime({ offset: true, error: 'an instant such as 2001-03-05T00:00:00Z' })
  .transform((text) => Date.parse(text));
