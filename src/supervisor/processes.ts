import { request } from 'node:http';
import { join } from 'node:path';
import type { Ports, StoreKeys } from './firstStart.js';
import { ENVIRONMENTS, type HomeFiles } from './home.js';
import { minioCommand, objectStoreReady, seaweedCommand, type SeaweedPorts } from './objectStoreServer.js';
import type { ServerCommand } from './serverCommand.js';
import { temporalReady, temporalServerCommand } from './temporalServer.js';

export interface ProcessPlan {
  readonly name: string;
  readonly command: ServerCommand;
  /** Address for people and programs, in dev.json. */
  readonly at: { readonly url: string } | { readonly socket: string };
  /** Resolves when the process answers; rejects when `signal` aborts. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
}

export interface Binaries {
  readonly temporal: string;
  readonly store: { readonly kind: 'minio' | 'weed'; readonly path: string };
}

export interface PlanOptions {
  readonly files: HomeFiles;
  readonly ports: Ports;
  readonly workerPorts: readonly number[];
  readonly seaweedPorts?: SeaweedPorts;
  readonly storeKeys: StoreKeys;
  readonly binaries: Binaries;
  /** dist/src: where the entry files are. */
  readonly entries: string;
  /** Inherited by our own processes, without anything that is secret. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Everything that `slipway dev` runs, in the order of starting: engine and store, then what needs them. */
export const planProcesses = (options: PlanOptions): readonly (readonly ProcessPlan[])[] => [
  [temporal(options), store(options)],
  [signer(options), ...ENVIRONMENTS.map((name) => servingNode(options, name)), api(options)],
  options.workerPorts.map((port, index) => worker(options, port, index)),
];

const temporal = ({ files, ports, binaries }: PlanOptions): ProcessPlan => ({
  name: 'temporal',
  command: temporalServerCommand({
    binary: binaries.temporal,
    port: ports.temporal,
    uiPort: ports.temporalUi,
    dbFile: files.temporalDb,
    logLevel: 'error',
  }),
  at: { url: `http://127.0.0.1:${ports.temporalUi}` },
  ready: (signal) => temporalReady(`127.0.0.1:${ports.temporal}`, signal),
});

const store = ({ files, ports, binaries, storeKeys, seaweedPorts }: PlanOptions): ProcessPlan => {
  const about = { binary: binaries.store.path, folder: files.objects, ...storeKeys };
  return {
    name: 'store',
    command:
      binaries.store.kind === 'weed' && seaweedPorts !== undefined
        ? seaweedCommand({ ...about, ports: { ...seaweedPorts, s3: ports.store } })
        : minioCommand({ ...about, port: ports.store }),
    at: { url: `http://127.0.0.1:${ports.store}` },
    ready: (signal) => objectStoreReady(`http://127.0.0.1:${ports.store}`, signal),
  };
};

const ours = (options: PlanOptions, entry: string, env: Readonly<Record<string, string>>): ServerCommand => ({
  command: process.execPath,
  args: ['--enable-source-maps', join(options.entries, entry)],
  env: {
    ...options.environment,
    SLIPWAY_HOME: options.files.directory,
    SLIPWAY_CONFIG: options.files.config,
    SLIPWAY_STORE_ACCESS_KEY: options.storeKeys.accessKey,
    SLIPWAY_STORE_SECRET_KEY: options.storeKeys.secretKey,
    ...env,
  },
});

const signer = (options: PlanOptions): ProcessPlan => {
  const socket = join(options.files.run, 'signer.sock');
  const env = { SLIPWAY_STORE_ENDPOINT: `http://127.0.0.1:${options.ports.store}` };
  return {
    name: 'signer',
    command: ours(options, 'signer.js', env),
    at: { socket },
    ready: (signal) => answers({ socketPath: socket, path: '/health' }, signal),
  };
};

const servingNode = (options: PlanOptions, environment: string): ProcessPlan => {
  const socket = join(options.files.run, `serving-${environment}.sock`);
  return {
    name: `serving-${environment}`,
    command: ours(options, 'serving-node.js', { SLIPWAY_ENVIRONMENT: environment }),
    at: { url: `http://127.0.0.1:${options.ports.serving[environment]}` },
    ready: (signal) => answers({ socketPath: socket, path: '/health' }, signal),
  };
};

const api = (options: PlanOptions): ProcessPlan => {
  const { api: port } = options.ports;
  return {
    name: 'api',
    command: ours(options, 'server.js', {}),
    at: { url: `http://127.0.0.1:${port}` },
    ready: (signal) => answers({ host: '127.0.0.1', port, path: '/ready' }, signal),
  };
};

/** The first worker has the workflows; the others do the work. */
const worker = (options: PlanOptions, port: number, index: number): ProcessPlan => {
  const queues = index === 0 ? 'control' : 'build,serve,monitor';
  return {
    name: index === 0 ? 'worker-control' : `worker-${index}`,
    command: ours(options, 'worker.js', { SLIPWAY_QUEUES: queues, SLIPWAY_PORT: String(port) }),
    at: { url: `http://127.0.0.1:${port}` },
    ready: (signal) => answers({ host: '127.0.0.1', port, path: '/health' }, signal),
  };
};

interface Address {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path: string;
}

const POLL_MS = 50;

const answers = async (address: Address, signal: AbortSignal): Promise<void> => {
  const once = (): Promise<number> =>
    new Promise((resolve) => {
      const asked = request({ ...address, timeout: 2_000 }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(0));
      asked.end();
    });
  for (;;) {
    if ((await once()) === 200) return;
    if (signal.aborted) throw new Error('did not answer in time');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};
