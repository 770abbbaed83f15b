import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createHandler, type Routes } from './routes.js';

const BAD_REQUEST = '{"error":"the request is no HTTP that can be read"}';

/** Opens the socket of the node's side, for its owner only. */
export const listenOnSocket = async (routes: Routes, path: string): Promise<Server> => {
  await rm(path, { force: true });
  const server = open(routes, true);
  await listen(server, { path });
  await chmod(path, 0o600);
  return server;
};

/** Opens an address of the protocol, for whoever reaches it. */
export const listenOnAddress = async (
  routes: Routes,
  address: { readonly host: string; readonly port: number },
): Promise<Server> => {
  const server = open(routes, false);
  await listen(server, address);
  return server;
};

const open = (routes: Routes, trusted: boolean): Server => {
  const server = createServer(
    {
      maxHeaderSize: 16_384,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 1_000,
      // The node keeps its connections; one that is closed while a request is on its way would cost a retry.
      keepAliveTimeout: trusted ? 0 : 65_000,
    },
    createHandler(routes, trusted),
  );
  server.on('clientError', (_error, socket) => {
    if (!socket.writable) return void socket.destroy();
    socket.end(
      `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${BAD_REQUEST.length}\r\n\r\n${BAD_REQUEST}`,
    );
  });
  return server;
};

const listen = (server: Server, where: { host: string; port: number } | { path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });

/** Connections end as soon as they have no request under way. */
export const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
