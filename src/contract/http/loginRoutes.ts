/** Routes by which people log in and out. */
import { z } from 'zod';
import { mapping } from '../yaml/expected.js';
import { json } from './answers.js';
import type { RouteShape } from './route.js';
import { epochMs } from './shapes.js';

export const LOGIN_ROUTES = {
  loginSettings: {
    method: 'GET',
    url: '/api/v1/login',
    access: 'public',
    summary: 'Which identity provider people log in by',
    answers: {
      200: json(
        'What to ask the provider for.',
        z.looseObject({
          issuer: z.string(),
          clientId: z.string(),
          scopes: z.array(z.string()),
          origin: z.string().describe('Of this API: who reaches it under another one cannot log in there.'),
          maxAge: z.int().describe('Seconds; the provider asks again whom it asked longer ago.'),
        }),
      ),
    },
  },
  openSession: {
    method: 'POST',
    url: '/api/v1/sessions',
    access: 'public',
    summary: 'A session for an ID token',
    body: mapping({
      idToken: z
        .string()
        .min(1)
        .max(32 * 1024),
      secret: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43,128}$/, '43 to 128 characters of base64url')
        .describe(
          'The nonce of the ID token is the SHA-256, in base64url, of the JSON array of the origin at which the API was asked and this: who has the ID token alone opens no session, nor does another API.',
        ),
    }),
    withoutEngine: true,
    secretAnswer: true,
    answers: {
      200: json(
        'The token of the session is said once.',
        z.looseObject({ token: z.string(), identity: z.string(), label: z.string(), expiresAt: epochMs }),
      ),
    },
  },
  endSession: {
    method: 'POST',
    url: '/api/v1/sessions/end',
    access: 'any',
    summary: 'End the session whose token is sent',
    body: mapping({}),
    withoutEngine: true,
    answers: { 200: json('It is over.', z.looseObject({ ended: z.boolean() })) },
  },
} as const satisfies Record<string, RouteShape>;
