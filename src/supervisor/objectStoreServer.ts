import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerCommand } from './serverCommand.js';

export interface ObjectStoreServerOptions {
  readonly binary: string;
  /** Folder that keeps the objects. */
  readonly folder: string;
  readonly accessKey: string;
  /** At least eight characters. */
  readonly secretKey: string;
  readonly host?: string;
}

const POLL_MS = 50;

/** Command line of MinIO on one folder, without its browser, and without files in the home directory. */
export const minioCommand = (options: ObjectStoreServerOptions & { readonly port: number }): ServerCommand => ({
  command: options.binary,
  args: [
    ...['server', '--quiet', '--address', `${options.host ?? '127.0.0.1'}:${options.port}`],
    ...['--certs-dir', join(options.folder, '.certs'), join(options.folder, 'data')],
  ],
  env: {
    MINIO_ROOT_USER: options.accessKey,
    MINIO_ROOT_PASSWORD: options.secretKey,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
  },
});

/** Ports of `weed mini`; its admin service also listens on `admin + 10000`, which its worker expects there. */
export interface SeaweedPorts {
  readonly s3: number;
  readonly s3Grpc: number;
  readonly master: number;
  readonly masterGrpc: number;
  readonly volume: number;
  readonly volumeGrpc: number;
  readonly filer: number;
  readonly filerGrpc: number;
  readonly admin: number;
}

/** Command line of SeaweedFS with its S3 gateway: the fallback where MinIO cannot be had, and the second S3 in tests. */
export const seaweedCommand = (options: ObjectStoreServerOptions & { readonly ports: SeaweedPorts }): ServerCommand => {
  const { ports, folder, host = '127.0.0.1' } = options;
  return {
    command: options.binary,
    args: [
      ...['mini', `-dir=${folder}`, `-ip=${host}`, `-ip.bind=${host}`],
      ...[`-s3.port=${ports.s3}`, `-s3.port.grpc=${ports.s3Grpc}`],
      ...[`-master.port=${ports.master}`, `-master.port.grpc=${ports.masterGrpc}`],
      ...[`-volume.port=${ports.volume}`, `-volume.port.grpc=${ports.volumeGrpc}`],
      ...[`-filer.port=${ports.filer}`, `-filer.port.grpc=${ports.filerGrpc}`],
      `-admin.port=${ports.admin}`,
      ...['-webdav=false', '-admin.ui=false', '-s3.port.iceberg=0', '-s3.port.lance=0', '-s3.autoCreateBucket=false'],
      ...[
        `-s3.localSocket=${socketPath(folder, 's3', ports.s3)}`,
        `-filer.localSocket=${socketPath(folder, 'filer', ports.filer)}`,
      ],
    ],
    env: { AWS_ACCESS_KEY_ID: options.accessKey, AWS_SECRET_ACCESS_KEY: options.secretKey },
  };
};

/** Waits until the store at `endpoint` (`http://host:port`) answers S3 requests. Throws the last problem on abort. */
export const objectStoreReady = (endpoint: string, signal: AbortSignal): Promise<void> =>
  untilWhole(endpoint, signal, () => isHealthy(endpoint));

/** The same of SeaweedFS, and that its objects can be read. */
export const seaweedReady = (
  endpoint: string,
  { master }: Pick<SeaweedPorts, 'master'>,
  signal: AbortSignal,
): Promise<void> =>
  untilWhole(endpoint, signal, () => knowsItsVolumes(`http://${new URL(endpoint).hostname}:${master}`));

const untilWhole = async (endpoint: string, signal: AbortSignal, isWhole: () => Promise<boolean>): Promise<void> => {
  let problem: unknown = new Error('was not tried');
  while (!signal.aborted) {
    try {
      // an anonymous request is refused by S3 itself, in XML: from then on signed ones are served
      const response = await fetch(`${endpoint}/`, { signal: AbortSignal.timeout(1_000) });
      const text = await response.text();
      if (response.status === 403 && text.includes('AccessDenied') && (await isWhole())) return;
      problem = new Error(`answered ${response.status}`);
    } catch (error) {
      problem = error;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`the object store at ${endpoint} did not become ready`, { cause: problem });
};

/** MinIO takes requests before its disks are up; a store without this path (404, 403) has no such state. */
const isHealthy = async (endpoint: string): Promise<boolean> => {
  const response = await fetch(`${endpoint}/minio/health/cluster`, { signal: AbortSignal.timeout(1_000) });
  await response.arrayBuffer();
  return response.status < 500;
};

/**
 * After a kill its S3 gateway answers before its volume server has told the master what it has: a read ends with 500 then.
 * The master counts no place for a volume until one has.
 */
const knowsItsVolumes = async (master: string): Promise<boolean> => {
  const response = await fetch(`${master}/dir/status`, { signal: AbortSignal.timeout(1_000) });
  const status = (await response.json()) as { readonly Topology?: { readonly Max?: number } };
  return (status.Topology?.Max ?? 0) > 0;
};

/** The path of a Unix socket may have at most about 100 characters. */
const socketPath = (folder: string, name: string, port: number): string => {
  const path = join(folder, `${name}.sock`);
  return path.length <= 100 ? path : join(tmpdir(), `seaweedfs-${name}-${port}.sock`);
};
