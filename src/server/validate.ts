import type { z } from 'zod';
import { expected } from '../contract/yaml/expected.js';
import { problemsOf } from '../contract/yaml/problemsOf.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';

/** Part of a request, checked; `request_invalid` with every mistake. Absent schema: nothing may be there that matters. */
export const validate = (schema: z.ZodType | undefined, value: unknown, part: 'path' | 'query' | 'body'): unknown => {
  if (schema === undefined) return {};
  const parsed = schema.safeParse(value, { error: expected });
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error.issues, { value, problems: [], place: () => ({ line: 1, column: 1 }) }, part)
    .slice(0, 50)
    .map(({ path, message, expected: words, nearest }) => ({
      in: part,
      path,
      message,
      expected: words,
      ...(nearest === undefined ? {} : { nearest }),
    }));
  const text = problems.map(
    ({ path, message, expected: words }) => `${part}${path === '' ? '' : ` ${path}`}: ${message} (expected ${words})`,
  );
  throw new SlipwayError('request_invalid', text.slice(0, 5).join('; '), { problems });
};

/** Refuses text that would nest deeper than `limit`, before anything recursive sees it. */
export const assertDepth = (text: string, limit: number): void => {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      if (++depth > limit) throw new SlipwayError('request_invalid', `the body is nested deeper than ${limit} levels`);
    } else if (character === '}' || character === ']') depth--;
  }
};
