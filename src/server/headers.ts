import { createHash } from 'node:crypto';
import type { onSendAsyncHookHandler } from 'fastify';

/** Nothing that the API sends may run, be framed, be guessed at, or be kept by a cache. */
export const SECURE_HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'private, no-cache',
} as const;

/** Pages are made by us and hold text of model repositories: styles inside, and nothing else. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
} as const;

/** ETag of every JSON answer to a GET: who polls a state is told when it is the same (RFC 9110, 13.1.2). */
export const addEtag: onSendAsyncHookHandler = async (request, reply, payload) => {
  if (!['GET', 'HEAD'].includes(request.method) || reply.statusCode !== 200 || typeof payload !== 'string')
    return payload;
  const etag = etagOf(payload);
  void reply.header('etag', etag);
  if (request.headers['if-none-match'] !== etag) return payload;
  void reply.code(304).removeHeader('content-length');
  return null;
};

export const etagOf = (payload: string): string =>
  `"${createHash('sha256').update(payload).digest('base64url').slice(0, 27)}"`;
