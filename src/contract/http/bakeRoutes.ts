/** Routes about a provisional release: what people say becomes of it when labels did not decide. */
import { z } from 'zod';
import { mapping } from '../yaml/expected.js';
import { json } from './answers.js';
import type { RouteShape } from './route.js';
import { epochMs, givenReason, releaseParams } from './shapes.js';

const answers = (description: string) => ({
  200: json(
    description,
    z.looseObject({
      changed: z.boolean().describe('False: they had said so before, and the release was told again.'),
      environment: z.string(),
      until: epochMs.describe('When it would stay provisional without an answer.'),
    }),
  ),
});

const answer = {
  method: 'POST',
  params: releaseParams,
  // In which environment the release asks its handler finds out; the roles count there.
  access: 'any',
  state: 'showRelease',
  decides: true,
  body: mapping({ reason: givenReason }),
  idempotency: 'Not needed: each person says each answer once.',
} as const;

export const BAKE_ROUTES = {
  confirmRelease: {
    ...answer,
    url: '/api/v1/releases/{model}/{release}/confirm',
    summary: 'Keep a provisional version that labels did not decide on',
    answers: answers('In the ledger. Who may is judged again when the release reads it there.'),
  },
  revertRelease: {
    ...answer,
    url: '/api/v1/releases/{model}/{release}/revert',
    summary: 'Put back what ran before a provisional version that labels did not decide on',
    answers: answers('In the ledger. The release goes back through the queue of its environment.'),
  },
} as const satisfies Record<string, RouteShape>;
