import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, isFree } from '../../src/supervisor/freePorts.js';
import {
  minioCommand,
  objectStoreReady,
  seaweedCommand,
  seaweedReady,
} from '../../src/supervisor/objectStoreServer.js';
import type { ServerCommand } from '../../src/supervisor/serverCommand.js';
import { locate } from './locate.js';
import { startServerProcess, withAddresses, type ServerProcess } from './serverProcess.js';

export interface ObjectStoreServer extends ServerProcess {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface ObjectStoreOptions {
  /** Keeps the objects; without one a temporary folder, removed by `stop`. */
  readonly folder?: string;
  readonly port?: number;
}

export const startMinio = async (options: ObjectStoreOptions = {}): Promise<ObjectStoreServer> => {
  const port = options.port ?? (await freePorts(1))[0] ?? 0;
  return startStore('MinIO', options.folder, port, {
    command: (keys, folder) => minioCommand({ binary: locate('minio'), folder, port, ...keys }),
    ready: objectStoreReady,
  });
};

/** The second S3 server of the contract suites: SeaweedFS. */
export const startSeaweed = async (options: ObjectStoreOptions = {}): Promise<ObjectStoreServer> => {
  const ports = await seaweedPorts(options.port);
  return startStore('SeaweedFS', options.folder, ports.s3, {
    command: (keys, folder) => seaweedCommand({ binary: locate('weed'), folder, ports, ...keys }),
    ready: (endpoint, signal) => seaweedReady(endpoint, ports, signal),
  });
};

type Keys = Pick<ObjectStoreServer, 'accessKey' | 'secretKey'>;

const startStore = async (
  name: string,
  givenFolder: string | undefined,
  port: number,
  of: {
    readonly command: (keys: Keys, folder: string) => ServerCommand;
    readonly ready: (endpoint: string, signal: AbortSignal) => Promise<void>;
  },
): Promise<ObjectStoreServer> => {
  const folder = givenFolder ?? (await mkdtemp(join(tmpdir(), 'slipway-s3-')));
  const keys = { accessKey: 'slipway-test', secretKey: randomBytes(16).toString('hex') };
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServerProcess({
    name,
    command: of.command(keys, folder),
    ready: (signal) => of.ready(endpoint, signal),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    if (givenFolder === undefined) await rm(folder, { recursive: true, force: true });
  };
  return Object.assign(withAddresses(server, { endpoint, ...keys }), { stop });
};

/** SeaweedFS wants nine ports, and the one ten thousand above its admin port. */
const seaweedPorts = async (wanted: number | undefined): Promise<Parameters<typeof seaweedCommand>[0]['ports']> => {
  const free = await freePorts(16);
  let admin: number | undefined;
  for (const port of free) {
    if (admin === undefined && port < 55_000 && (await isFree(port + 10_000))) admin = port;
  }
  if (admin === undefined) throw new Error('found no free pair of ports for SeaweedFS');
  const rest = free.filter((port) => port !== admin && port !== admin + 10_000);
  const [s3 = 0, s3Grpc = 0, master = 0, masterGrpc = 0, volume = 0, volumeGrpc = 0, filer = 0, filerGrpc = 0] = rest;
  return { s3: wanted ?? s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc, admin };
};
