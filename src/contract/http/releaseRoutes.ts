/** Routes about releases: start, look, cancel. */
import { z } from 'zod';
import { commitHash, name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import { json, page, text } from './answers.js';
import type { RouteShape } from './route.js';
import {
  canary,
  cursor,
  givenReason,
  glassAsked,
  limit,
  link,
  params,
  reason,
  release,
  releaseParams,
  releaseSummary,
} from './shapes.js';

export const RELEASE_ROUTES = {
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
  startHotfix: {
    method: 'POST',
    url: '/api/v1/hotfixes',
    access: 'any',
    summary: 'Start the release of a commit as a hotfix, which waits less and is reviewed afterwards',
    body: mapping({
      model: name,
      commit: commitHash.exactOptional().describe('Absent: the head of the branch.'),
      reason: givenReason,
      params: params.default({}).describe('Override parameters of the build.'),
    }),
    decides: true,
    idempotency:
      'Not needed: the release is named by model and commit, and by the digest of reason and parameters; asking twice is asking once.',
    answers: {
      202: json(
        'Declared in the ledger, and durable in the engine.',
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
          canary: canary.exactOptional().describe('How far the rollout is that it waits for, where it has phases.'),
          rollout: z
            .looseObject({ strategy: z.enum(['immediate', 'canary', 'blueGreen']) })
            .exactOptional()
            .describe('How the version would come in that waits for a decision.'),
          holdsAhead: z
            .array(z.looseObject({ id: z.string(), kind: z.enum(['hold', 'freeze']), reason: z.string() }))
            .exactOptional()
            .describe('What would keep it out of the environment it waits to enter, were it approved now.'),
          glassAsked: glassAsked.exactOptional(),
          prospect: z
            .looseObject({ environment: z.string(), next: z.array(z.string()) })
            .exactOptional()
            .describe('What approving would change where it waits to enter, and the way back.'),
          checks: z
            .array(z.looseObject({ name: z.string(), passed: z.boolean() }))
            .exactOptional()
            .describe('Once they have ended, with counts and durations of their tests, and coverage.'),
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
        .regex(/^[a-z][a-z0-9-]{0,79}$/, 'the name of a stage')
        .exactOptional()
        .describe('A stage in every environment, or in one: `gate`, `gate-staging`.'),
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
  cancelRelease: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/cancel',
    access: ['author', 'operator'],
    summary: 'Cancel a release; what it changed is put back first',
    params: releaseParams,
    state: 'showRelease',
    answers: {
      202: json(
        'Asked; with an outcome: it had ended before.',
        z.looseObject({ releaseId: z.string(), outcome: z.string().exactOptional() }),
      ),
    },
  },
} as const satisfies Record<string, RouteShape>;
