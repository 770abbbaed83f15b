/** Routes for an installation whose engine was lost. */
import { z } from 'zod';
import { digest, name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import type { RouteShape } from './route.js';

const planned = z.looseObject({
  model: name,
  environment: name,
  state: z.looseObject({ epoch: z.int() }),
  disagreements: z.array(z.string()),
});

const plan = z.looseObject({
  engine: z
    .union([z.looseObject({ before: z.string(), now: z.string() }), z.null()])
    .describe('null: Temporal is the one that this installation knows, and nothing is to be recovered.'),
  environments: z.array(planned),
  interrupted: z.array(z.looseObject({ releaseId: z.string(), outcome: z.string() })),
  unbegun: z.array(z.string()),
  plan: digest.describe('Names this plan to who confirms it.'),
});

export const RECOVERY_ROUTES = {
  recoveryPlan: {
    method: 'GET',
    url: '/api/v1/recovery',
    access: 'any',
    summary: 'What a recovery from ledger, store and targets would do, and what they do not agree on',
    answers: { 200: { description: 'The plan; nothing is done.', json: plan } },
  },
  recover: {
    method: 'POST',
    url: '/api/v1/recovery',
    access: ['operator', 'oncall'],
    summary: 'Recover what a plan says, and work with the new engine',
    withoutEngine: true,
    body: mapping({ plan: digest.describe('Of the plan that was looked at.') }),
    idempotency: 'Not needed: a recovery that was cut off is repeated, one that is done changes nothing.',
    answers: {
      200: {
        description: 'Done; workers begin within seconds.',
        json: z.looseObject({ environments: z.array(planned) }),
      },
    },
  },
} as const satisfies Readonly<Record<string, RouteShape>>;
