import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { ERRORS, type ErrorCode } from '../domain/errors/table.js';
import { SECURE_HEADERS } from './headers.js';
import { problemDocument } from './problems.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_too_slow',
};

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** What could not be read as HTTP has no request and no reply: the answer is written to the socket itself. */
export const answerUnreadable = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const code = CODES[error.code ?? ''] ?? 'request_invalid';
  const { status } = ERRORS[code];
  const body = problemDocument(code, 'what was sent is no request of HTTP/1.1 that can be read', {}, randomUUID());
  const headers = Object.entries({
    ...SECURE_HEADERS,
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable)
    socket.write(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n${headers.join('')}\r\n${body}`);
  socket.destroy(error);
};
