/** Routes about what waits for a person. */
import { z } from 'zod';
import { DECISIONS } from '../../domain/approval/decisionKinds.js';
import { digest, name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json, page } from './answers.js';
import type { RouteShape } from './route.js';
import { cursor, epochMs, limitOr, reason, releaseParams } from './shapes.js';

const inputs = z
  .record(name, z.union([z.string().max(1000), z.number(), z.boolean()], { error: 'text, a number, or true or false' }))
  .describe('Answers of an approval to what the environment asks, by name.');

const decision = mapping({
  decision: z.enum(DECISIONS),
  reason: reason.default('').describe('A rejection needs one.'),
  inputs: inputs.exactOptional(),
  to: name.exactOptional().describe('Of a delegation: the identity that takes your place.'),
  environment: name.exactOptional().describe('Refused with not_waiting when the release waits for another one.'),
  evidence: digest
    .exactOptional()
    .describe(
      'Digest of the evidence that was looked at. Refused with evidence_not_shown when another would be signed.',
    ),
});

export const DECISION_ROUTES = {
  decide: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/decisions',
    access: 'any',
    summary: 'Decide on what a release waits with, or hand your place to another',
    params: releaseParams,
    state: 'showRelease',
    body: decision,
    decides: true,
    idempotency: 'A repeat is the same decision, and gets the same receipt.',
    answers: {
      200: json(
        'The decision counts.',
        z.looseObject({
          jti: z.string(),
          counted: z.boolean(),
          state: z.enum(['waiting', 'approved', 'rejected']),
          inputs: inputs.exactOptional(),
          stands: z.string().exactOptional().describe('What is still missing, in words, where it waits on.'),
        }),
      ),
    },
  },
  decisionToken: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/decisions/token',
    access: 'any',
    summary: 'The signed text of a decision, to paste into the Temporal Web UI',
    params: releaseParams,
    state: 'showRelease',
    secretAnswer: true,
    body: decision,
    decides: true,
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
    query: mapping({ model: name.exactOptional(), limit: limitOr(100), cursor }),
    answers: {
      200: json(
        'Waiting releases; on each page first those that wait for you, the longest wait first.',
        page(
          'approvals',
          z.looseObject({
            releaseId: z.string(),
            mine: z.boolean().describe('You may decide: by a role, as one who was called, or in the place of another.'),
            decided: z.boolean().describe('A decision of yours stands.'),
          }),
        ),
      ),
    },
  },
} as const satisfies Record<string, RouteShape>;
