import { SlipwayError } from '../domain/errors/slipwayError.js';
import { locateServer, SERVERS, type ServerName } from './locateServer.js';
import type { StoreChoice, TemporalChoice } from './processes.js';

/** Servers that run already, from the environment. */
export interface ConfiguredServers {
  readonly temporalAddress?: string;
  readonly store?: { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };
}

/**
 * What `slipway dev` uses as engine and store: a configured one, else a binary of this machine. SeaweedFS takes the
 * place of MinIO where there is none. `server_missing` names everything that was looked for, and where.
 */
export const chooseServers = (
  configured: ConfiguredServers,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly temporal: TemporalChoice; readonly store: StoreChoice } => {
  const address = configured.temporalAddress;
  const binary = address === undefined ? locateServer('temporal', environment)?.path : undefined;
  const temporal = address !== undefined ? { address } : binary === undefined ? undefined : { binary };
  const store = configured.store ?? findStore(environment);
  if (temporal !== undefined && store !== undefined) return { temporal, store };
  throw missingServers([
    ...(temporal === undefined ? (['temporal'] as const) : []),
    ...(store === undefined ? (['minio'] as const) : []),
  ]);
};

/** A store that `slipway dev` would start. */
type OwnStoreChoice = Extract<StoreChoice, { readonly binary: string }>;

/** The store alone, of this machine; `server_missing` where there is none. */
export const chooseStore = (environment: Readonly<Record<string, string | undefined>>): OwnStoreChoice => {
  const found = findStore(environment);
  if (found === undefined) throw missingServers(['minio']);
  return found;
};

const findStore = (environment: Readonly<Record<string, string | undefined>>): OwnStoreChoice | undefined => {
  for (const kind of ['minio', 'weed'] as const) {
    const binary = locateServer(kind, environment)?.path;
    if (binary !== undefined) return { kind, binary };
  }
  return undefined;
};

const CONFIGURED: Readonly<Partial<Record<ServerName, string>>> = {
  temporal: 'SLIPWAY_TEMPORAL_ADDRESS',
  minio: 'SLIPWAY_STORE_ENDPOINT, SLIPWAY_STORE_ACCESS_KEY and SLIPWAY_STORE_SECRET_KEY',
};

const missingServers = (missing: readonly ServerName[]): SlipwayError =>
  new SlipwayError(
    'server_missing',
    missing
      .map(
        (name) =>
          `${SERVERS[name].title}: not in ${SERVERS[name].variable}, not on PATH, not in the cache. ` +
          `Ways to have it: run \`npm run demo\` or \`npm test\` in the checkout once, which fetch it; put it on PATH; ` +
          `name its executable in ${SERVERS[name].variable}; or use a server that runs: ${CONFIGURED[name]}`,
      )
      .join('\n'),
    { missing },
  );
