/** Routes about what runs in an environment, what turned out true of it, and how it drifts. */
import { z } from 'zod';
import { digest } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json, page, text } from './answers.js';
import type { RouteShape } from './route.js';
import { rollbackPlan } from './rollbackPlan.js';
import { cursor, environmentParams, environmentStatus, givenReason, limit, link, version } from './shapes.js';

const label = mapping({
  predictionId: z.string().min(3).max(200).describe("`<request ID>#<row>`, from the prediction's answer."),
  label: z.union([z.literal(0), z.literal(1)], { error: '0 or 1' }),
  observedAt: z.int().describe('Event time at which the truth was known, epoch milliseconds.'),
});

export const ENVIRONMENT_ROUTES = {
  showEnvironment: {
    method: 'GET',
    url: '/api/v1/models/{model}/environments/{environment}',
    access: 'any',
    summary: 'What runs in an environment, and what did',
    params: environmentParams,
    answers: { 200: json('The environment.', environmentStatus) },
  },
  rollbackPlan: {
    method: 'GET',
    url: '/api/v1/models/{model}/environments/{environment}/rollback-plan',
    access: 'any',
    summary: 'What a rollback would do and undo',
    params: environmentParams,
    query: mapping({ to: digest.exactOptional().describe('Absent: the version before.') }),
    answers: { 200: json('Nothing was done. `plan` names it for the rollback.', rollbackPlan) },
  },
  rollback: {
    method: 'POST',
    url: '/api/v1/models/{model}/environments/{environment}/rollback',
    access: ['oncall', 'operator'],
    summary: 'Put an earlier version back',
    params: environmentParams,
    state: 'showEnvironment',
    body: mapping({
      to: digest.exactOptional().describe('Absent: the version before.'),
      reason: givenReason,
      plan: digest
        .exactOptional()
        .describe('What was shown: refused as `plan_changed` where it would do something else.'),
    }),
    idempotency: 'A repeat is the same rollback.',
    answers: {
      202: json(
        'In the queue of the environment, before everything else.',
        z.looseObject({ requestId: z.string(), to: version }),
      ),
    },
  },
  labels: {
    method: 'POST',
    url: '/api/v1/models/{model}/environments/{environment}/labels',
    access: ['oncall', 'operator'],
    summary: 'What turned out true of predictions',
    params: environmentParams,
    body: mapping({ labels: z.array(label).min(1).max(100_000) }),
    largeBody: true,
    idempotency: 'Names the batch; without it the digest of the labels does. A batch is stored once.',
    answers: { 202: json('Durable in the store.', z.looseObject({ batchId: z.string(), labels: z.int() })) },
  },
  driftCheck: {
    method: 'POST',
    url: '/api/v1/models/{model}/environments/{environment}/drift/check',
    access: ['oncall', 'operator'],
    summary: 'Check the windows that are due now',
    params: environmentParams,
    answers: { 202: json('Triggered.', z.looseObject({ scheduleId: z.string() })) },
  },
  driftReports: {
    method: 'GET',
    url: '/api/v1/models/{model}/environments/{environment}/drift/reports',
    access: 'any',
    summary: 'Drift reports, the newest window first',
    params: environmentParams,
    query: mapping({ limit, cursor }),
    answers: { 200: json('One page.', page('reports', z.looseObject({}))) },
  },
  driftReport: {
    method: 'GET',
    url: '/api/v1/models/{model}/environments/{environment}/drift/reports/{report}',
    access: 'any',
    summary: 'One drift report',
    params: environmentParams.extend({
      report: z.union([z.literal('latest'), digest], { error: 'latest, or sha256: and 64 hexadecimal digits' }),
    }),
    query: mapping(link),
    linked: true,
    answers: { 200: text('JSON, or a page where HTML is accepted.', 'application/json', 'text/html') },
  },
} as const satisfies Record<string, RouteShape>;
