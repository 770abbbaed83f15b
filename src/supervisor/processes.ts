import { join } from 'node:path';
import type { StoreKeys } from './credentials.js';
import { answersHealth } from './healthCheck.js';
import type { HomeFiles } from './home.js';
import { apiAnswers } from './lostEngine.js';
import {
  minioCommand,
  objectStoreReady,
  seaweedCommand,
  seaweedReady,
  type SeaweedPorts,
} from './objectStoreServer.js';
import type { Ports } from './portPlan.js';
import type { ProcessPlan } from './processPlan.js';
import type { ServerCommand } from './serverCommand.js';
import { temporalReady, temporalServerCommand } from './temporalServer.js';

/** A server that `slipway dev` starts, or one that runs already. */
export type TemporalChoice = { readonly binary: string } | { readonly address: string };
export type StoreChoice =
  | { readonly kind: 'minio' | 'weed'; readonly binary: string }
  | { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };

export interface EnvironmentTarget {
  readonly name: string;
  readonly url: string;
  /** On the same host. */
  readonly grpcPort?: number;
  readonly adminSocket: string;
}

export interface PlanOptions {
  readonly files: HomeFiles;
  readonly ports: Ports;
  readonly workerPorts: readonly number[];
  readonly seaweedPorts: SeaweedPorts;
  readonly storeKeys: StoreKeys;
  readonly temporal: TemporalChoice;
  readonly store: StoreChoice;
  readonly environments: readonly EnvironmentTarget[];
  /** Folder of the entry files. */
  readonly entries: string;
}

/** As much of it as the store needs. */
export type StoreOptions = Pick<PlanOptions, 'files' | 'storeKeys' | 'seaweedPorts' | 'store'> & {
  readonly ports: Pick<Ports, 'store'>;
};

const HOST = '127.0.0.1';
const GRACE_MS = 10_000;
/** Activities under way get ten seconds, are cancelled then, and get ten more to clean up. */
const WORKER_GRACE_MS = 25_000;

/**
 * Everything that `slipway dev` runs, in the order of starting: engine, store and signer first, then what needs them,
 * workers last. The order of ending is the reverse, one group after the other.
 */
export const planProcesses = (options: PlanOptions): readonly (readonly ProcessPlan[])[] => [
  temporal(options),
  storeProcess(options),
  [signer(options)],
  [api(options)],
  options.environments.map((environment) => servingNode(options, environment)),
  options.workerPorts.map((port, index) => worker(options, port, index)),
];

export const temporalAddress = ({ temporal, ports }: PlanOptions): string =>
  'address' in temporal ? temporal.address : `${HOST}:${ports.temporal}`;

export const storeEndpoint = ({ store, ports }: StoreOptions): string =>
  'endpoint' in store ? store.endpoint : `http://${HOST}:${ports.store}`;

const temporal = (options: PlanOptions): readonly ProcessPlan[] => {
  if ('address' in options.temporal) return [];
  const { files, ports } = options;
  const address = temporalAddress(options);
  return [
    {
      name: 'temporal',
      command: temporalServerCommand({
        binary: options.temporal.binary,
        port: ports.temporal,
        uiPort: ports.temporalUi,
        dbFile: files.temporalDb,
        logLevel: 'error',
      }),
      at: { url: `http://${HOST}:${ports.temporalUi}`, address },
      ready: (signal) => temporalReady(address, signal),
      graceMs: GRACE_MS,
    },
  ];
};

/** None where the store runs already. */
export const storeProcess = (options: StoreOptions): readonly ProcessPlan[] => {
  if ('endpoint' in options.store) return [];
  const { files, ports, storeKeys, seaweedPorts } = options;
  const { kind, binary } = options.store;
  const about = { binary, folder: files.objects, ...storeKeys };
  const endpoint = storeEndpoint(options);
  return [
    {
      name: 'store',
      command:
        kind === 'weed'
          ? seaweedCommand({ ...about, ports: seaweedPorts })
          : minioCommand({ ...about, port: ports.store }),
      at: { url: endpoint },
      ready: (signal) =>
        kind === 'weed' ? seaweedReady(endpoint, seaweedPorts, signal) : objectStoreReady(endpoint, signal),
      graceMs: GRACE_MS,
    },
  ];
};

/** One of our own processes: what it needs to know comes by environment, secrets never by command line. */
const ours = (options: PlanOptions, entry: string, env: Readonly<Record<string, string>>): ServerCommand => ({
  command: process.execPath,
  args: ['--enable-source-maps', join(options.entries, entry)],
  env: {
    SLIPWAY_HOME: options.files.directory,
    SLIPWAY_CONFIG: options.files.config,
    SLIPWAY_TEMPORAL_ADDRESS: temporalAddress(options),
    SLIPWAY_STORE_ENDPOINT: storeEndpoint(options),
    SLIPWAY_STORE_ACCESS_KEY: options.storeKeys.accessKey,
    SLIPWAY_STORE_SECRET_KEY: options.storeKeys.secretKey,
    SLIPWAY_SIGNER_SOCKET: signerSocket(options),
    SLIPWAY_PUBLIC_URL: `http://${HOST}:${options.ports.api}`,
    ...env,
  },
});

const signerSocket = ({ files }: PlanOptions): string => join(files.sockets, 'signer.sock');

const signer = (options: PlanOptions): ProcessPlan => {
  const socket = signerSocket(options);
  return {
    name: 'signer',
    command: ours(options, 'signer.js', {}),
    at: { socket },
    ready: (signal) => answersHealth({ socketPath: socket, path: '/health' }, signal),
    graceMs: GRACE_MS,
  };
};

const servingNode = (options: PlanOptions, { name, url, adminSocket }: EnvironmentTarget): ProcessPlan => ({
  name: `serving-${name}`,
  command: ours(options, 'serving-node.js', {
    SLIPWAY_ENVIRONMENT: name,
    SLIPWAY_ADMIN_SOCKET: adminSocket,
    SLIPWAY_PUBLIC_URL: url,
  }),
  at: { url, socket: adminSocket },
  ready: (signal) => answersHealth({ socketPath: adminSocket, path: '/health' }, signal),
  graceMs: GRACE_MS,
});

const api = (options: PlanOptions): ProcessPlan => {
  const { api: port } = options.ports;
  const url = `http://${HOST}:${port}`;
  return {
    name: 'api',
    command: ours(options, 'server.js', { SLIPWAY_HOST: HOST, SLIPWAY_PORT: String(port) }),
    at: { url },
    ready: (signal) => apiAnswers(url, signal),
    graceMs: GRACE_MS,
  };
};

/** The first worker has the workflows; the others do the work. */
const worker = (options: PlanOptions, port: number, index: number): ProcessPlan => ({
  name: index === 0 ? 'worker-control' : `worker-${index}`,
  command: ours(options, 'worker.js', {
    SLIPWAY_QUEUES: index === 0 ? 'control' : 'build,serve,monitor',
    SLIPWAY_HOST: HOST,
    SLIPWAY_PORT: String(port),
  }),
  at: { url: `http://${HOST}:${port}` },
  ready: (signal) => answersHealth({ host: HOST, port, path: '/health' }, signal),
  waitsFor: 'temporal_empty',
  graceMs: WORKER_GRACE_MS,
});
