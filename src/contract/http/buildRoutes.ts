/** Routes about what a build would do, and what it did. */
import { z } from 'zod';
import { digest, name } from '../names.js';
import { mapping } from '../yaml/expected.js';
import type { RouteShape } from './route.js';
import { params, releaseParams } from './shapes.js';

const step = z.looseObject({ step: z.string(), kind: z.enum(['run', 'skip', 'depends']), reason: z.string() });

const story = z.looseObject({
  step: z.string(),
  outcome: z.enum(['ran', 'skipped', 'failed']),
  reason: z.string(),
  flaky: z.boolean(),
});

export const BUILD_ROUTES = {
  planRelease: {
    method: 'POST',
    url: '/api/v1/models/{model}/plan',
    access: 'any',
    summary: 'What a release of these files would do',
    params: mapping({ model: name }),
    body: mapping({
      spec: z
        .string()
        .max(256 * 1024)
        .describe('slipway.yaml.'),
      sources: z
        .record(z.string().min(1).max(1024), z.string().max(256 * 1024))
        .exactOptional()
        .describe('Text of the files that slipway.yaml reads its build from, by path: dvc.yaml and its values.'),
      files: z
        .record(z.string().min(1).max(1024), digest)
        .describe('SHA-256 of every file of the repository, by path; of a link, of the words "link <target>".'),
      params: params.default({}).describe('Override parameters of the build.'),
      by: z.string().max(200).exactOptional().describe('E-mail address of who would commit.'),
    }),
    largeBody: true,
    answers: {
      200: {
        description: 'Steps, gates, approvers, environments, and the earliest time in production.',
        json: z.looseObject({ model: name, steps: z.array(step), environments: z.array(z.looseObject({})) }),
      },
    },
  },
  resumeRelease: {
    method: 'POST',
    url: '/api/v1/releases/{model}/{release}/resume',
    access: ['author', 'operator'],
    summary: 'Tell a failed release on from where it failed',
    params: releaseParams,
    state: 'showRelease',
    body: mapping({ anyway: z.boolean().default(false).describe('Also where the branch has changed since.') }),
    answers: {
      202: {
        description: 'Accepted: durable in the engine.',
        json: z.looseObject({
          releaseId: z.string(),
          from: z.string(),
          number: z
            .number()
            .describe('How often it has been resumed; `resumed` of its view, once this telling has begun.'),
          changed: z.array(z.string()),
        }),
      },
    },
  },
  releaseSteps: {
    method: 'GET',
    url: '/api/v1/releases/{model}/{release}/steps',
    access: 'any',
    summary: 'Which build steps ran or were skipped, and why',
    params: releaseParams,
    answers: {
      200: { description: 'In the order of slipway.yaml.', json: z.looseObject({ steps: z.array(story) }) },
    },
  },
} as const satisfies Readonly<Record<string, RouteShape>>;
