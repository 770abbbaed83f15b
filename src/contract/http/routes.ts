/** Every route of the API, with who may call it: the one place, for the server, the command line and OpenAPI. */
import { z } from 'zod';
import { commitHash, digest, name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { BUILD_ROUTES } from './buildRoutes.js';
import { RECOVERY_ROUTES } from './recoveryRoutes.js';
import type { RouteShape } from './route.js';
import {
  canary,
  cursor,
  environmentParams,
  epochMs,
  incident,
  incidentParams,
  limit,
  params,
  reason,
  release,
  releaseParams,
  releaseSummary,
  version,
} from './shapes.js';

const json = (description: string, shape: z.ZodType) => ({ description, json: shape });
const text = (description: string, ...media: readonly string[]) => ({ description, media });

const identity = z.looseObject({ name: z.string(), roles: z.array(z.string()), installation: z.string() });
const page = (items: string, shape: z.ZodType) =>
  z.looseObject({ [items]: z.array(shape), cursor: z.string().exactOptional() });

const environmentStatus = z.looseObject({
  model: z.string(),
  environment: z.string(),
  epoch: z.int().describe('0: nothing was ever deployed.'),
  champion: version.exactOptional(),
  previous: version.exactOptional(),
  candidate: version.exactOptional(),
  canary: canary.exactOptional().describe('How far the canary is that runs.'),
  serving: z
    .unknown()
    .describe(
      'What the target itself says it runs, asked now; null when it was never told to, or cannot be asked (then `servingProblem`).',
    ),
});

const source = z.looseObject({
  model: z.string(),
  branch: z.string(),
  commit: z.string().exactOptional().describe('The newest head whose release was started.'),
  skipped: z.string().exactOptional().describe('A head without a slipway.yaml, before the first that has one.'),
  problem: z
    .looseObject({ code: z.string(), message: z.string(), since: epochMs })
    .exactOptional()
    .describe('Why the last look at the branch found nothing.'),
});

const decision = mapping({
  decision: z.enum(['approve', 'reject']),
  reason: reason.default('').describe('A rejection needs one.'),
  environment: name.exactOptional().describe('Refused with not_waiting when the release waits for another one.'),
});

const label = mapping({
  predictionId: z.string().min(3).max(200).describe("`<request ID>#<row>`, from the prediction's answer."),
  label: z.union([z.literal(0), z.literal(1)], { error: '0 or 1' }),
  observedAt: z.int().describe('Event time at which the truth was known, epoch milliseconds.'),
});

/** Of a link that the API signed; see `reportLink`. */
const link = {
  until: z.string().max(20).exactOptional().describe('End of a signed link, epoch milliseconds.'),
  sig: z.string().max(100).exactOptional().describe('Signature of a signed link: opens the report without a token.'),
};

export const ROUTES = {
  welcome: {
    method: 'GET',
    url: '/',
    access: 'public',
    summary: 'What this is, for who comes with a browser',
    answers: { 200: text('A page without scripts.', 'text/html') },
  },
  reportLink: {
    method: 'GET',
    url: '/api/v1/links',
    access: 'any',
    summary: 'A link that opens one report for an hour, without a token',
    query: mapping({
      to: z.string({ error: 'the path of a report' }).max(400).describe('Path of the report of a release or of drift.'),
    }),
    answers: { 200: json('Path and query of the link.', z.looseObject({ path: z.string(), until: epochMs })) },
  },
  health: {
    method: 'GET',
    url: '/health',
    access: 'public',
    summary: 'The process lives',
    answers: { 200: json('Alive.', z.looseObject({ status: z.literal('ok') })) },
  },
  ready: {
    method: 'GET',
    url: '/ready',
    access: 'public',
    summary: 'Everything that the API needs answers',
    answers: {
      200: json('Ready.', z.looseObject({ status: z.string(), checks: z.record(z.string(), z.string()) })),
      503: json('What does not answer.', z.looseObject({ status: z.string() })),
    },
  },
  metrics: {
    method: 'GET',
    url: '/metrics',
    access: 'public',
    summary: 'Prometheus metrics',
    answers: { 200: text('Metrics.', 'text/plain') },
  },
  openapi: {
    method: 'GET',
    url: '/api/v1/openapi.json',
    access: 'public',
    summary: 'This document',
    answers: { 200: json('OpenAPI 3.1.', z.looseObject({})) },
  },
  whoami: {
    method: 'GET',
    url: '/api/v1/whoami',
    access: 'any',
    summary: 'Whose token this is',
    answers: { 200: json('The identity, with the roles it has now.', identity) },
  },
  models: {
    method: 'GET',
    url: '/api/v1/models',
    access: 'any',
    summary: 'Models of this installation',
    answers: {
      200: json('Models.', z.looseObject({ models: z.array(z.looseObject({ name: z.string(), branch: z.string() })) })),
    },
  },
  status: {
    method: 'GET',
    url: '/api/v1/status',
    access: 'any',
    summary: 'What runs where, what waits for people, and what is wrong',
    query: mapping({ model: name.exactOptional() }),
    answers: {
      200: json(
        'The state of the installation.',
        z.looseObject({
          environments: z.array(environmentStatus),
          sources: z.array(source),
          approvals: z.array(z.looseObject({})),
          incidents: z.array(incident),
        }),
      ),
    },
  },
  startRelease: {
    method: 'POST',
    url: '/api/v1/releases',
    access: ['author', 'operator'],
    summary: 'Start the release of a commit',
    body: mapping({
      model: name,
      commit: commitHash.exactOptional().describe('Absent: the head of the branch.'),
      trigger: z.enum(['manual', 'retrain']).default('manual'),
      reason: reason.exactOptional(),
      params: params.default({}).describe('Override parameters of the build.'),
    }),
    idempotency:
      'Not needed: the release is named by model and commit, and by the digest of trigger and parameters where there are any; asking twice is asking once.',
    answers: {
      202: json(
        'Accepted: durable in the engine.',
        z.looseObject({ releaseId: z.string(), started: z.boolean().describe('False: it runs or ran already.') }),
      ),
    },
  },
  listReleases: {
    method: 'GET',
    url: '/api/v1/releases',
    access: 'any',
    summary: 'Releases, running ones first, then the latest',
    query: mapping({ model: name.exactOptional(), limit, cursor }),
    answers: { 200: json('One page.', page('releases', releaseSummary)) },
  },
  showRelease: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}',
    access: 'any',
    summary: 'The whole state of a release',
    params: releaseParams,
    answers: {
      200: json(
        'The release.',
        release.extend({
          canary: canary.exactOptional().describe('How far the canary is that it waits for.'),
          rollout: z
            .looseObject({ strategy: z.enum(['immediate', 'canary']) })
            .exactOptional()
            .describe('How the version would come in that waits for a decision.'),
        }),
      ),
    },
  },
  releaseLogs: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}/logs',
    access: 'any',
    summary: 'Output of the commands of a release',
    params: releaseParams,
    query: mapping({
      follow: z.enum(['true', 'false']).default('false').describe('Stay until the release has ended.'),
      stage: z
        .string()
        .regex(/^[a-z-]{1,63}$/, 'the name of a stage')
        .exactOptional(),
    }),
    answers: {
      200: text(
        'Chunked text, or server-sent events where they are accepted: `log` {stage, attempt, text}, `end` {outcome}; `Last-Event-ID` resumes.',
        'text/plain',
        'text/event-stream',
      ),
    },
  },
  releaseEvidence: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}/evidence',
    access: 'any',
    summary: 'What a decision is bound to',
    params: releaseParams,
    answers: { 200: json('evidence.json, the very bytes its digest is over.', z.looseObject({})) },
  },
  releaseReport: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}/report',
    access: 'any',
    summary: 'The report of a release, to read',
    params: releaseParams,
    query: mapping(link),
    linked: true,
    answers: { 200: text('A page without scripts.', 'text/html') },
  },
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
  cancelRelease: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/cancel',
    access: ['author', 'operator'],
    summary: 'Cancel a release; what it changed is put back first',
    params: releaseParams,
    answers: {
      202: json(
        'Asked; with an outcome: it had ended before.',
        z.looseObject({ releaseId: z.string(), outcome: z.string().exactOptional() }),
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
  showEnvironment: {
    method: 'GET',
    url: '/api/v1/models/{model}/environments/{environment}',
    access: 'any',
    summary: 'What runs in an environment, and what did',
    params: environmentParams,
    answers: { 200: json('The environment.', environmentStatus) },
  },
  rollback: {
    method: 'POST',
    url: '/api/v1/models/{model}/environments/{environment}/rollback',
    access: ['oncall', 'operator'],
    summary: 'Put an earlier version back',
    params: environmentParams,
    body: mapping({ to: digest.exactOptional().describe('Absent: the version before.'), reason: reason.min(1) }),
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
  incidents: {
    method: 'GET',
    url: '/api/v1/incidents',
    access: 'any',
    summary: 'Incidents, open ones first',
    query: mapping({ model: name.exactOptional(), open: z.enum(['true', 'false']).exactOptional(), limit, cursor }),
    answers: { 200: json('One page.', page('incidents', incident)) },
  },
  showIncident: {
    method: 'GET',
    url: '/api/v1/incidents/{model}/{environment}/{problem}',
    access: 'any',
    summary: 'One incident',
    params: incidentParams,
    answers: { 200: json('The incident.', incident) },
  },
  acknowledge: {
    method: 'POST',
    url: '/api/v1/incidents/{model}/{environment}/{problem}/ack',
    access: ['oncall', 'operator'],
    summary: 'I am on it',
    params: incidentParams,
    body: mapping({ note: reason.default('') }),
    answers: { 200: json('The incident.', incident) },
  },
  insights: {
    method: 'GET',
    url: '/api/v1/insights',
    access: 'any',
    summary: 'Where the time of releases goes',
    query: mapping({ model: name.exactOptional() }),
    answers: { 200: json('Measures over releases that ended.', z.looseObject({})) },
  },
  ...BUILD_ROUTES,
  ...RECOVERY_ROUTES,
} as const satisfies Record<string, RouteShape>;

export type RouteName = keyof typeof ROUTES;
