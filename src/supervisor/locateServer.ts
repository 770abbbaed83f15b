import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

export type ServerName = 'temporal' | 'temporal-test-server' | 'minio' | 'weed' | 'etcd' | 'kube-apiserver';

interface ServerEntry {
  /** What it is, in messages. */
  readonly title: string;
  /** Versions that may stand in the cache, the preferred one first (what is built from source can lag behind). */
  readonly versions: readonly [string, ...string[]];
  /** Environment variable that names a binary to use instead. */
  readonly variable: string;
  /** A binary on PATH counts only when this command's output has these words: older ones lack what Slipway needs. */
  readonly probe?: { readonly args: readonly string[]; readonly has: string };
}

/** The servers that Slipway starts by itself on one machine; checksums stand beside the tool that fetches them. */
export const SERVERS: Readonly<Record<ServerName, ServerEntry>> = {
  temporal: {
    title: 'Temporal CLI with its development server',
    versions: ['1.9.1', '1.8.2'],
    variable: 'SLIPWAY_TEMPORAL_PATH',
    probe: { args: ['server', 'start-dev', '--help'], has: '--sqlite-pragma' },
  },
  'temporal-test-server': {
    title: 'Temporal time-skipping test server',
    versions: ['1.40.0'],
    variable: 'SLIPWAY_TEMPORAL_TEST_SERVER_PATH',
  },
  minio: {
    title: 'MinIO server',
    versions: ['7aac2a2c5b7c'],
    variable: 'SLIPWAY_MINIO_PATH',
    probe: { args: ['--version'], has: 'minio version' },
  },
  weed: {
    title: 'SeaweedFS server',
    versions: ['4.48'],
    variable: 'SLIPWAY_WEED_PATH',
    probe: { args: ['version'], has: 'version' },
  },
  etcd: {
    title: 'etcd',
    versions: ['3.4'],
    variable: 'SLIPWAY_ETCD_PATH',
    probe: { args: ['--version'], has: 'etcd Version: 3' },
  },
  'kube-apiserver': {
    title: 'Kubernetes API server',
    versions: ['1.37.2'],
    variable: 'SLIPWAY_KUBE_APISERVER_PATH',
    probe: { args: ['--version'], has: 'Kubernetes v1.' },
  },
};

export interface LocatedServer {
  readonly path: string;
  readonly found: 'configured' | 'on PATH' | 'in the cache';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The per-user cache: `SLIPWAY_CACHE`, else `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway`. */
export const cacheFolder = (env: Environment): string => {
  if (env['SLIPWAY_CACHE']) return env['SLIPWAY_CACHE'];
  const base = env['XDG_CACHE_HOME'];
  return join(base && isAbsolute(base) ? base : join(env['HOME'] || homedir(), '.cache'), 'slipway');
};

/** Where a fetched binary stands: one folder per version, so that an upgrade never replaces a running file. */
export const cachedServerPath = (cache: string, name: ServerName, version: string): string =>
  join(cache, 'servers', `${name}-${version}`, name);

/**
 * Finds the binary of a server: the path configured in its variable, then PATH, then the cache. Fetches nothing.
 * A configured path is taken at its word, also when nothing is there: starting it then says so.
 */
export const locateServer = (name: ServerName, env: Environment): LocatedServer | undefined => {
  const entry = SERVERS[name];
  const configured = env[entry.variable];
  if (configured) return { path: configured, found: 'configured' };
  const onPath = findOnPath(name, env['PATH'] ?? '');
  if (onPath !== undefined && answers(onPath, entry)) return { path: onPath, found: 'on PATH' };
  const cached = entry.versions.map((version) => cachedServerPath(cacheFolder(env), name, version)).find(isExecutable);
  return cached === undefined ? undefined : { path: cached, found: 'in the cache' };
};

/** First executable file of this name on a search path (as in the variable PATH). */
export const findOnPath = (command: string, searchPath: string): string | undefined =>
  searchPath
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, command))
    .find(isExecutable);

const answers = (path: string, { probe }: ServerEntry): boolean => {
  if (probe === undefined) return true;
  const { stdout, stderr } = spawnSync(path, [...probe.args], { encoding: 'utf8', timeout: 5_000 });
  return `${stdout ?? ''}${stderr ?? ''}`.includes(probe.has);
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};
