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
