/** What an approval asks besides yes: a ticket, a plan, a number, a confirmation. */
import { z } from 'zod';
import { patternFault } from '../../domain/approval/inputPattern.js';
import { MAX_INPUT_LENGTH } from '../../domain/approval/inputs.js';
import { name } from '../names.js';
import { mapping, wholeNumber } from '../yaml/expected.js';

const TEXT_WORDS = 'text of at most 200 characters';
const text = z.string({ error: TEXT_WORDS }).min(1).max(200);

const asked = {
  description: text.exactOptional().describe('What is asked, in words.'),
  required: z.boolean().exactOptional().describe('false: it may be left out.'),
};

const PATTERN_WORDS =
  'a pattern of letters, \\d, \\w, ., classes such as [A-Z], ?, *, +, {n}, {n,m} and |, without groups';

const pattern = z
  .string({ error: PATTERN_WORDS })
  .min(1)
  .max(200)
  .refine((written) => patternFault(written) === undefined, { error: PATTERN_WORDS });

const question = z.discriminatedUnion(
  'type',
  [
    mapping({
      type: z.literal('text'),
      ...asked,
      pattern: pattern.exactOptional().describe('What the whole text must look like.'),
      maxLength: wholeNumber().min(1).max(1000).exactOptional().describe(`In characters (${MAX_INPUT_LENGTH}).`),
      default: z.string().max(1000).exactOptional(),
    }),
    mapping({
      type: z.literal('choice'),
      ...asked,
      of: z.array(text).min(1).max(50).describe('One of these.'),
      default: text.exactOptional(),
    }),
    mapping({
      type: z.literal('number'),
      ...asked,
      min: z.number().exactOptional(),
      max: z.number().exactOptional(),
      default: z.number().exactOptional(),
    }),
    mapping({ type: z.literal('boolean'), ...asked, default: z.boolean().exactOptional() }),
  ],
  { error: 'a mapping with type: text, choice, number or boolean' },
);

const MOST_WORDS = 'at most 10 inputs';

export const inputs = z.record(name, question).refine((all) => Object.keys(all).length <= 10, { error: MOST_WORDS });
