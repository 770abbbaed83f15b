/** Routes about what people say of a release. */
import { z } from 'zod';
import { mapping } from '../yaml/expected.js';
import { json, page } from './answers.js';
import type { RouteShape } from './route.js';
import { cursor, epochMs, limit, releaseParams } from './shapes.js';

const TEXT_WORDS = 'text of 1 to 2,000 characters';

const comment = z.looseObject({
  id: z.string(),
  kind: z.enum(['comment', 'question']),
  by: z.string(),
  at: epochMs,
  text: z.string(),
});

export const COMMENT_ROUTES = {
  listComments: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}/comments',
    access: 'any',
    summary: 'Questions and comments on a release, the oldest first',
    params: releaseParams,
    query: mapping({ limit, cursor }),
    answers: { 200: json('One page.', page('comments', comment)) },
  },
  addComment: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/comments',
    access: 'any',
    summary: 'Say or ask something about a release; it decides nothing',
    params: releaseParams,
    body: mapping({
      kind: z.enum(['comment', 'question']).default('comment').describe('Authors are told of questions.'),
      text: z
        .string({ error: TEXT_WORDS })
        .max(2000, TEXT_WORDS)
        .refine((text) => text.trim() !== '', { error: TEXT_WORDS }),
    }),
    idempotency: 'A repeat is the same comment.',
    answers: { 201: json('Kept for good, also when the release has ended.', z.looseObject({ comment })) },
  },
} as const satisfies Record<string, RouteShape>;
