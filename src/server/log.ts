import type { FastifyRequest } from 'fastify';

/** Paths whose values never reach a log, for pino's `redact`. */
export const LOG_REDACTION: string[] = [
  'authorization',
  'token',
  'statement',
  'idToken',
  'secret',
  '*.idToken',
  '*.secret',
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

/** What the log says of a request: never a value after the `?`, for what should not stand there may be a secret. */
export const describeRequest = ({ method, url, host, ip }: FastifyRequest): object => ({
  method,
  url: url.replace(/([?&][^=&]*)=[^&]*/g, '$1=…'),
  host,
  remoteAddress: ip,
});
