/** Routes about what waits for a person. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json } from './answers.js';
import type { RouteShape } from './route.js';
import { epochMs, reason, releaseParams } from './shapes.js';

const decision = mapping({
  decision: z.enum(['approve', 'reject']),
  reason: reason.default('').describe('A rejection needs one.'),
  environment: name.exactOptional().describe('Refused with not_waiting when the release waits for another one.'),
});

export const DECISION_ROUTES = {
  decide: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/decisions',
    access: 'any',
    summary: 'Approve or reject what a release waits with',
    params: releaseParams,
    body: decision,
    idempotency: 'A repeat is the same decision, and gets the same receipt.',
    answers: {
      200: json(
        'The decision counts.',
        z.looseObject({ jti: z.string(), counted: z.boolean(), state: z.enum(['waiting', 'approved', 'rejected']) }),
      ),
    },
  },
  decisionToken: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/decisions/token',
    access: 'any',
    summary: 'The signed text of a decision, to paste into the Temporal Web UI',
    params: releaseParams,
    body: decision,
    answers: {
      200: json(
        'Paste {"statement": "..."} as the argument of the signal decide, within 15 minutes.',
        z.looseObject({ statement: z.string(), workflowId: z.string(), expiresAt: epochMs }),
      ),
    },
  },
  approvals: {
    method: 'GET',
    url: '/api/v1/approvals',
    access: 'any',
    summary: 'What waits for a decision',
    query: mapping({ model: name.exactOptional() }),
    answers: {
      200: json(
        'Waiting releases.',
        z.looseObject({
          approvals: z.array(
            z.looseObject({ releaseId: z.string(), mine: z.boolean().describe('You have a role that may decide.') }),
          ),
        }),
      ),
    },
  },
} as const satisfies Record<string, RouteShape>;
