import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { BlobStore } from '../ports/blobStore.js';
import { createBodyRoom } from './http/bodyRoom.js';
import { close, listenOnAddress, listenOnSocket } from './http/listen.js';
import type { Routes } from './http/routes.js';
import { loadVersion, type Loaded } from './loaded.js';
import { createMetrics } from './metrics.js';
import type { ModelServerSettings } from './settings.js';
import { warmUp } from './warmUp/warmUp.js';

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
    const server = await listenOnAddress(routes, settings.address);
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  const ready = loadVersion(settings, store, log, onDeath).then(async (version) => {
    // A server that could not rehearse is slower at first, and no worse.
    await warmUp(settings, version).then(
      (rehearsed) => log.info(rehearsed, 'warmed up'),
      (error: unknown) => log.warn({ err: error }, 'no warm-up'),
    );
    loaded = version.loaded;
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
