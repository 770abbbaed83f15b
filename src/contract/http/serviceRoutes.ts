/** Routes about the installation itself: who asks, whether it lives, and what it does as a whole. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json, text } from './answers.js';
import type { RouteShape } from './route.js';
import { environmentStatus, epochMs, glassAsked, incident } from './shapes.js';

const identity = z.looseObject({
  name: z.string(),
  kind: z.enum(['person', 'service']),
  person: z.string().describe('Identities of one person name the same.'),
  roles: z.array(z.string()).describe('Everywhere.'),
  grants: z
    .array(
      z.looseObject({
        role: z.string(),
        models: z.array(z.string()).exactOptional(),
        environments: z.array(z.string()).exactOptional(),
      }),
    )
    .describe('Roles for some models, or in some environments; a list that is absent is all of them.'),
  installation: z.string(),
  expiresAt: epochMs.exactOptional().describe('When what was shown stops counting. Epoch milliseconds.'),
  authenticatedAt: epochMs.exactOptional().describe('When the person logged in. Epoch milliseconds.'),
  claims: z
    .looseObject({ assertedAt: epochMs, countUntil: epochMs, count: z.boolean() })
    .exactOptional()
    .describe('Since when, and until when, what the identity provider said of groups counts.'),
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

const readiness = z.looseObject({ status: z.string(), checks: z.record(z.string(), z.string()) });

export const SERVICE_ROUTES = {
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
      200: json('Ready.', readiness),
      503: json('What does not answer, and why.', readiness),
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
  identities: {
    method: 'GET',
    url: '/api/v1/identities',
    access: 'any',
    summary: 'How people are called whose identities have these names',
    query: mapping({
      names: z
        .string()
        .min(1)
        .max(5_000)
        .refine((names) => names.split(',').length <= 50, { error: 'at most 50 names' })
        .describe('Up to 50 names, with commas between them.'),
    }),
    answers: {
      200: json(
        'Those that are known; the others are left out.',
        z.looseObject({
          identities: z.array(
            z.looseObject({
              name: z.string(),
              kind: z.enum(['person', 'service']),
              person: z.string(),
              label: z
                .string()
                .exactOptional()
                .describe('As the identity provider calls the person. It proves nothing.'),
            }),
          ),
        }),
      ),
    },
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
          moreApprovals: z.literal(true).exactOptional().describe('More wait than these 100: GET /approvals has all.'),
          incidents: z.array(incident),
          bypasses: z
            .array(
              z.looseObject({
                model: z.string(),
                hotfixes: z.int(),
                freezeOverrides: z.int(),
                breakGlass: z.int(),
                notAsked: z
                  .int()
                  .exactOptional()
                  .describe('Running releases that were not asked yet: 50 of each model are at a time.'),
              }),
            )
            .describe('How often releases of each model went around what others wait for.'),
          glassAsked: z.array(glassAsked.extend({ releaseId: z.string() })),
          moreIncidents: z
            .literal(true)
            .exactOptional()
            .describe('More are open than these 100: GET /incidents has all.'),
        }),
      ),
    },
  },
  insights: {
    method: 'GET',
    url: '/api/v1/insights',
    access: 'any',
    summary: 'Where the time of releases goes',
    query: mapping({ model: name.exactOptional() }),
    answers: { 200: json('Measures over releases that ended.', z.looseObject({})) },
  },
} as const satisfies Record<string, RouteShape>;
