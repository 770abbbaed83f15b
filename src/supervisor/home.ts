import { join } from 'node:path';

/** Files of one installation on this machine, all below one folder. */
export interface HomeFiles {
  readonly directory: string;
  readonly config: string;
  readonly devFile: string;
  readonly lock: string;
  readonly tokens: string;
  readonly credentials: string;
  readonly run: string;
  readonly logs: string;
  readonly temporalDb: string;
  readonly objects: string;
  readonly ports: string;
  readonly storeKeys: string;
}

export const homeFiles = (directory: string): HomeFiles => ({
  directory,
  config: join(directory, 'slipway.config.yaml'),
  devFile: join(directory, 'dev.json'),
  lock: join(directory, 'dev.lock'),
  tokens: join(directory, 'tokens.json'),
  credentials: join(directory, 'credentials'),
  run: join(directory, 'run'),
  logs: join(directory, 'logs'),
  temporalDb: join(directory, 'temporal.sqlite'),
  objects: join(directory, 'objects'),
  ports: join(directory, 'ports.json'),
  storeKeys: join(directory, 'keys', 'store.json'),
});

export const ENVIRONMENTS = ['test', 'staging', 'production'] as const;
export const IDENTITIES = ['author', 'reviewer', 'oncall'] as const;
