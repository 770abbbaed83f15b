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
  const find = (name: ServerName): string | undefined => locateServer(name, environment)?.path;
  const temporal = configured.temporalAddress === undefined ? find('temporal') : undefined;
  const minio = configured.store === undefined ? find('minio') : undefined;
  const weed = configured.store === undefined && minio === undefined ? find('weed') : undefined;
  const missing: ServerName[] = [
    ...(configured.temporalAddress === undefined && temporal === undefined ? (['temporal'] as const) : []),
    ...(configured.store === undefined && minio === undefined && weed === undefined ? (['minio'] as const) : []),
  ];
  if (missing.length > 0) throw missingServers(missing);
  return {
    temporal: temporal === undefined ? { address: configured.temporalAddress ?? '' } : { binary: temporal },
    store:
      configured.store ??
      (minio === undefined ? { kind: 'weed', binary: weed ?? '' } : { kind: 'minio', binary: minio }),
  };
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
