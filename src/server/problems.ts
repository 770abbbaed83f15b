import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { ERRORS, type ErrorCode } from '../domain/errors/table.js';

/** https://fastify.dev/docs/latest/Reference/Errors */
const FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request_invalid',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request_invalid',
  FST_ERR_CTP_INVALID_JSON_BODY: 'request_invalid',
  FST_ERR_BAD_URL: 'request_invalid',
  FST_ERR_ASYNC_CONSTRAINT: 'request_invalid',
  FST_ERR_MAX_PARAM_LENGTH: 'request_invalid',
};

/** What the server did not expect stays in its log: the caller gets the request's ID to name it by. */
export const toError = (error: unknown): SlipwayError => {
  if (error instanceof SlipwayError) return error;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  const known =
    FASTIFY[code ?? ''] ??
    (statusCode !== undefined && statusCode >= 400 && statusCode < 500 ? 'request_invalid' : undefined);
  if (known !== undefined) return new SlipwayError(known, message ?? known, {}, { cause: error });
  return new SlipwayError('internal', 'the log has more under this request', {}, { cause: error });
};

/** RFC 6750 and RFC 9470: a token that is no good, or no recent log-in, is told apart from none. */
const challengeOf = (code: ErrorCode): string => {
  const error = { token_expired: 'invalid_token', authentication_stale: 'insufficient_user_authentication' };
  return code in error
    ? `Bearer realm="slipway", error="${error[code as keyof typeof error]}"`
    : 'Bearer realm="slipway"';
};

/** Sends any error as problem details (RFC 9457). */
export const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const problem = toError(error);
  const { status, retryable } = ERRORS[problem.code];
  if (status >= 500) request.log.error({ err: error, code: problem.code }, problem.message);
  void reply
    .code(status)
    .headers({
      'content-type': 'application/problem+json; charset=utf-8',
      ...(status === 401 ? { 'www-authenticate': challengeOf(problem.code) } : {}),
      ...(retryable && status >= 429 && !reply.hasHeader('retry-after') ? { 'retry-after': '2' } : {}),
    })
    .send(problemDocument(problem.code, problem.message, problem.details, request.id));
};

/** https://www.rfc-editor.org/rfc/rfc9457 */
export const problemDocument = (
  code: ErrorCode,
  detail: string,
  details: Readonly<Record<string, unknown>>,
  requestId: string,
): string => {
  const { meaning, status, retryable, action } = ERRORS[code];
  return JSON.stringify({
    ...details,
    type: `urn:slipway:error:${code}`,
    title: meaning,
    status,
    detail,
    instance: `urn:uuid:${requestId}`,
    code,
    retryable,
    action,
  });
};
