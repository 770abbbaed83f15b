/** Routes about the installation itself: who asks, whether it lives, and what it does as a whole. */
import { z } from 'zod';
import { name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json, text } from './answers.js';
import type { RouteShape } from './route.js';
import { environmentStatus, epochMs, incident } from './shapes.js';

const identity = z.looseObject({ name: z.string(), roles: z.array(z.string()), installation: z.string() });

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
  insights: {
    method: 'GET',
    url: '/api/v1/insights',
    access: 'any',
    summary: 'Where the time of releases goes',
    query: mapping({ model: name.exactOptional() }),
    answers: { 200: json('Measures over releases that ended.', z.looseObject({})) },
  },
} as const satisfies Record<string, RouteShape>;
