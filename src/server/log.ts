import type { FastifyRequest } from 'fastify';

/** Paths whose values never reach a log, for pino's `redact`. */
export const LOG_REDACTION: string[] = [
  'authorization',
  'token',
  'statement',
  '*.authorization',
  '*.token',
  '*.statement',
  'headers.authorization',
  'headers.cookie',
  'req.headers.authorization',
  'req.headers.cookie',
  '*.secretKey',
  '*.apiKey',
];

/** What the log says of a request; the signature of a link would open its report for whoever reads the log. */
export const describeRequest = ({ method, url, host, ip }: FastifyRequest): object => ({
  method,
  url: url.replace(/([?&]sig=)[^&]*/g, '$1…'),
  host,
  remoteAddress: ip,
});
