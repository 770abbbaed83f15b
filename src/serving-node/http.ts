import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { SlipwayError } from '../domain/errors/slipwayError.js';

export type Body =
  { readonly kind: 'body'; readonly bytes: Buffer } | { readonly kind: 'too_large' } | { readonly kind: 'cut_off' };

const EMPTY = Buffer.alloc(0);

/** The whole body, at most `limit` bytes: it is kept until the answer has come, to be sent once more if need be. */
export const readBody = (request: IncomingMessage, limit: number): Promise<Body> =>
  new Promise((resolve) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return resolve({ kind: 'too_large' });
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data').pause();
        resolve({ kind: 'too_large' });
      } else chunks.push(chunk);
    });
    request.once('end', () =>
      resolve({
        kind: 'body',
        bytes: chunks.length === 1 ? chunks[0]! : chunks.length === 0 ? EMPTY : Buffer.concat(chunks),
      }),
    );
    request.once('error', () => resolve({ kind: 'cut_off' }));
    request.once('close', () => resolve({ kind: 'cut_off' }));
  });

const BAD_REQUEST = '{"error":"the request is no HTTP that can be read"}';

/** Callers that are slow to send are cut off; one that talks no HTTP is told so. */
export const openServer = (listener: RequestListener): Server =>
  createServer(
    {
      maxHeaderSize: 16_384,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: 65_000,
    },
    listener,
  ).on('clientError', (_error, socket) => {
    if (!socket.writable) return void socket.destroy();
    socket.end(
      `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${BAD_REQUEST.length}\r\n\r\n${BAD_REQUEST}`,
    );
  });

export const listen = (
  server: Server,
  where: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void =>
      reject(
        error.code === 'EADDRINUSE' && 'port' in where
          ? new SlipwayError('port_taken', `port ${where.port} of ${where.host} is used by another program`)
          : error,
      );
    server.once('error', fail);
    server.listen(where, () => {
      server.removeListener('error', fail);
      resolve();
    });
  });

/** No new connections; those that are open end as soon as they have no request under way. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
