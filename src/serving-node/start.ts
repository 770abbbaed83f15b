import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { servingOf } from '../domain/routing/servingOf.js';
import type { BlobStore } from '../ports/blobStore.js';
import { createAdmin } from './admin/admin.js';
import { createArtifactCache } from './artifacts/artifactCache.js';
import { createDeployments } from './deployments.js';
import type { GrpcListener } from './grpc/listen.js';
import { closeServer, listen, openServer } from './http.js';
import { roomOf } from './machine.js';
import { createNodeMetrics } from './metrics.js';
import { createInference } from './route/inference.js';
import { createRouter } from './route/router.js';
import type { ServingNodeSettings } from './settings.js';
import { createDesiredState } from './state/desiredState.js';
import { createSettledEpochs } from './state/settledEpochs.js';
import { createSleepers } from './state/sleepers.js';
import { superviseModel } from './supervise/modelProcess.js';
import { startProcess } from './supervise/startProcess.js';

export interface ServingNode {
  readonly port: number;
  /** Where it speaks gRPC; undefined where it does not. */
  readonly grpcPort?: number;
  /** Of the admin side, where it also listens on the network. */
  readonly adminPort?: number;
  readonly inferenceUrl: string;
  /** Answers what has been asked, ends the model servers (which write their logs), and ends. */
  stop(): Promise<void>;
}

/**
 * Listens for callers, starts what should run according to the disk, then listens for commands. Errors: `port_taken`,
 * and `internal` where the desired state on disk is damaged.
 */
export const startServingNode = async (
  settings: ServingNodeSettings,
  store: BlobStore,
  log: Logger,
): Promise<ServingNode> => {
  const cache = createArtifactCache(store, join(settings.directory, 'artifacts'));
  const state = createDesiredState(join(settings.directory, 'state'));
  const sleepers = createSleepers(join(settings.directory, 'asleep'), log);
  let inferenceUrl = '';
  let grpc: GrpcListener | undefined;
  const deployments = createDeployments({
    state,
    cache,
    log,
    settledEpoch: createSettledEpochs(store, settings.environment, log),
    onEnded: () => void cache.tidy((digest) => deployments.all().some(({ running }) => running.digest === digest)),
    inferenceUrl: () => inferenceUrl,
    grpcAddress: () => (grpc === undefined ? undefined : `${new URL(inferenceUrl).hostname}:${grpc.port}`),
    sleepers,
    serving: async (digest) => servingOf(await cache.spec(digest), settings.environment),
    replicas: settings.limits.replicas,
    room: roomOf(settings.limits),
    supervise: (model, digest, events) =>
      superviseModel({
        model,
        digest,
        log,
        memoryMiB: settings.limits.memoryMiB,
        ...events,
        launch: async () => {
          const artifactDirectory = await cache.ensure(digest);
          const socket = join(sockets, `${digest.slice(7, 15)}-${randomBytes(3).toString('hex')}`);
          const variables = settings.modelServer.variables({ model, artifactDirectory, socket });
          return {
            process: startProcess(settings.modelServer.entry, nowhere, variables, settings.limits.memoryMiB * JUMP),
            socket,
          };
        },
      }),
  });
  const metrics = createNodeMetrics(settings.environment, deployments);
  const [commands, asleep] = await Promise.all([state.readAll(), sleepers.readAll()]);
  const { limits } = settings;
  const inference = createInference({ deployments, metrics, limits });
  const router = openServer(createRouter({ deployments, inference, metrics, limits, hosts: namesOf(settings) }));
  await listen(router, { host: settings.host, port: settings.port });
  const { port } = router.address() as AddressInfo;
  if (settings.grpcPort !== undefined) {
    // A node that does not speak gRPC does not carry it in memory.
    const { listenGrpc } = await import('./grpc/listen.js');
    grpc = await listenGrpc({ deployments, inference, metrics, limits }, settings.host, settings.grpcPort);
  }
  const sockets = await socketDirectory(settings.directory);
  const nowhere = await emptyDirectory(settings.directory);
  // Only a node that has its port starts processes: a second one on the same disk ends here.
  deployments.restore(commands, asleep);
  const looks = setInterval(deployments.look, LOOK_MS);
  inferenceUrl = settings.publicUrl ?? `http://${settings.host}:${port}`;
  const adminParts = { environment: settings.environment, deployments, metrics };
  const admin = openServer(createAdmin(adminParts));
  await mkdir(dirname(settings.adminSocket), { recursive: true, mode: 0o700 });
  await rm(settings.adminSocket, { force: true });
  await listen(admin, { path: settings.adminSocket });
  await chmod(settings.adminSocket, 0o600);
  const { admin: remote } = settings;
  const remoteAdmin =
    remote === undefined ? undefined : openServer(createAdmin({ ...adminParts, token: remote.token }));
  if (remoteAdmin !== undefined) await listen(remoteAdmin, { host: remote!.host, port: remote!.port });
  return {
    port,
    ...(grpc === undefined ? {} : { grpcPort: grpc.port }),
    ...(remoteAdmin === undefined ? {} : { adminPort: (remoteAdmin.address() as AddressInfo).port }),
    inferenceUrl,
    stop: async () => {
      clearInterval(looks);
      await Promise.all([
        grpc?.close(),
        ...[admin, router, ...(remoteAdmin === undefined ? [] : [remoteAdmin])].map(closeServer),
      ]);
      await deployments.stop();
      await sleepers.settled();
      await rm(sockets, { recursive: true, force: true });
    },
  };
};

const namesOf = ({ host, publicUrl, hosts }: ServingNodeSettings): readonly string[] => [
  host,
  ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
  ...hosts,
];

/** So many times what a model server may have is what the kernel refuses it at once; growth is seen between two probes. */
const JUMP = 2;

/** How often the processes of versions are compared with their load. */
const LOOK_MS = 1_000;

/** Longest path of a Unix socket that every system takes, less the name of a socket. */
const LONGEST = 80;

/** What model servers work in; they read and write by whole paths. */
const emptyDirectory = async (directory: string): Promise<string> => {
  const empty = resolve(directory, 'empty');
  await rm(empty, { recursive: true, force: true });
  await mkdir(empty, { recursive: true, mode: 0o500 });
  return empty;
};

/** A folder that only we may enter; elsewhere where ours has too long a path for sockets. */
const socketDirectory = async (directory: string): Promise<string> => {
  const own = join(directory, 'run');
  if (Buffer.byteLength(own) > LONGEST) return mkdtemp(join(tmpdir(), 'slipway-node-'));
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true, mode: 0o700 });
  return own;
};
