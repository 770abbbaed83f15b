/** Routes that take a model out of an environment. */
import { z } from 'zod';
import { digest } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json } from './answers.js';
import type { RouteShape } from './route.js';
import { environmentParams, epochMs, givenReason, version } from './shapes.js';

const PLACE = '/api/v1/models/{model}/environments/{environment}';

const retirementPlan = z.looseObject({
  model: z.string(),
  environment: z.string(),
  epoch: z.int(),
  plan: digest.describe('Names the act: send it with the retirement, and nothing else is done than what was shown.'),
  from: version.describe('What serves, and would not.'),
  servedSince: epochMs.exactOptional(),
  traffic: z
    .looseObject({ since: epochMs.exactOptional(), requests: z.int(), failures: z.int() })
    .nullable()
    .describe('What callers asked it since the last command to the target; null: the target cannot be asked.'),
  underWay: z
    .looseObject({ kind: z.string(), version, by: z.string(), epoch: z.int() })
    .exactOptional()
    .describe('A passage that has to end, or be aborted, first: until then a retirement is refused.'),
  releases: z.array(z.string()).describe('On their way there, or waiting: superseded.'),
  schedules: z.array(z.string()).describe('Schedules that are deleted, where they are there.'),
  incidents: z
    .array(z.looseObject({ incidentId: z.string(), status: z.string() }))
    .describe('Open there, and ended by it.'),
});

export const RETIREMENT_ROUTES = {
  retirementPlan: {
    method: 'GET',
    url: `${PLACE}/retirement-plan`,
    access: 'any',
    summary: 'What taking a model out of an environment would undo',
    params: environmentParams,
    answers: { 200: json('Nothing was done. `plan` names it for the retirement.', retirementPlan) },
  },
  retire: {
    method: 'POST',
    url: `${PLACE}/retirement`,
    // The target's door asks the same again: `RETIRE_ROLES`.
    access: ['operator'],
    summary: 'Take a model out of an environment: nothing of it serves there any more',
    params: environmentParams,
    state: 'showEnvironment',
    body: mapping({
      reason: givenReason,
      plan: digest.describe('What was shown: refused as `plan_changed` where it would do something else.'),
    }),
    idempotency: 'Not needed: what was shown is done once, and a repeat is told so.',
    answers: {
      202: json(
        'In the ledger, and before the arbiter.',
        z.looseObject({
          requestId: z.string(),
          from: version,
          by: z.string(),
          until: epochMs.describe('When the word stops counting: what is not carried out by then is asked for again.'),
        }),
      ),
    },
  },
} as const satisfies Record<string, RouteShape>;
