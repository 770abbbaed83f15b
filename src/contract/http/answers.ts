/** Answers of routes, as their tables write them. */
import { z } from 'zod';

export const json = (description: string, shape: z.ZodType) => ({ description, json: shape });
export const text = (description: string, ...media: readonly string[]) => ({ description, media });
/** One page of a list; with a cursor while there is more. */
export const page = (items: string, shape: z.ZodType) =>
  z.looseObject({ [items]: z.array(shape), cursor: z.string().exactOptional() });
