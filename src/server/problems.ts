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

/** Sends any error as problem details (RFC 9457). */
export const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  const problem = toError(error);
  const { status, meaning, retryable, action } = ERRORS[problem.code];
  if (status >= 500) request.log.error({ err: error, code: problem.code }, problem.message);
  void reply
    .code(status)
    .headers({
      'content-type': 'application/problem+json; charset=utf-8',
      ...(problem.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="slipway"' } : {}),
      ...(retryable && status >= 429 ? { 'retry-after': '2' } : {}),
    })
    .send(
      JSON.stringify({
        ...problem.details,
        type: `urn:slipway:error:${problem.code}`,
        title: meaning,
        status,
        detail: problem.message,
        instance: `urn:uuid:${request.id}`,
        code: problem.code,
        retryable,
        action,
      }),
    );
};
