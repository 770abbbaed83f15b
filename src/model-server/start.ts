import { createServer, type Server } from 'node:http';
import { chmod, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { BlobStore } from '../ports/blobStore.js';
import { createBodyRoom } from './http/bodyRoom.js';
import { createHandler, type Routes } from './http/routes.js';
import { loadVersion, type Loaded } from './loaded.js';
import { createMetrics } from './metrics.js';
import type { ModelServerSettings } from './settings.js';

export interface ModelServer {
  /** Port of the protocol's own address; undefined where there is none. */
  readonly port: number | undefined;
  /** Resolves when the model can answer; rejects where it cannot be loaded. */
  readonly ready: Promise<void>;
  /** Answers what has been asked, writes the prediction log, and ends. */
  stop(): Promise<void>;
}

/** A run of the model that takes longer is stuck: the server calls itself not ready, and the node replaces it. */
const STUCK_MS = 30_000;
const FLUSH_MS = 5_000;
const BAD_REQUEST = '{"error":"the request is no HTTP that can be read"}';

/** Listens at once, so that health can be asked while the model loads. */
export const startModelServer = async (
  settings: ModelServerSettings,
  store: Pick<BlobStore, 'createDocument'>,
  log: Logger,
  onDeath: (reason: string) => void,
): Promise<ModelServer> => {
  let loaded: Loaded | undefined;
  const routes: Routes = {
    settings,
    loaded: () => loaded,
    ready: () => loaded !== undefined && loaded.engine.busyMs() < STUCK_MS,
    metrics: createMetrics(settings, () => loaded),
    room: createBodyRoom(settings.limits.bodiesBytes),
  };
  const servers: Server[] = [];
  if (settings.socket !== undefined) servers.push(await listenOnSocket(routes, settings.socket));
  let port: number | undefined;
  if (settings.address !== undefined) {
    const server = open(routes, false);
    await listen(server, settings.address);
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  const ready = loadVersion(settings, store, log, onDeath).then((version) => {
    loaded = version;
  });
  ready.catch(() => undefined);
  return {
    port,
    ready,
    stop: async () => {
      await Promise.all(servers.map(close));
      await Promise.all([loaded?.log.close(FLUSH_MS), loaded?.counts.close(FLUSH_MS)]);
      await loaded?.engine.close();
    },
  };
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

const listenOnSocket = async (routes: Routes, path: string): Promise<Server> => {
  await rm(path, { force: true });
  const server = open(routes, true);
  await listen(server, { path });
  await chmod(path, 0o600);
  return server;
};

const listen = (server: Server, where: { host: string; port: number } | { path: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, resolve);
  });

/** Connections end as soon as they have no request under way. */
const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.close(() => {
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
