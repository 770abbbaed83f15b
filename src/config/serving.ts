/** Plain values for the serving node of one environment, and for the model servers that it starts. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { servingLimitsSchema, type ServingLimits } from '../contract/servingLimits.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { readOperatorFile } from './operator.js';
import { operatorSchema, type OperatorFile } from './schema.js';
import { targetsOf, type AdminAddress } from './targets.js';
import { storeOf, type StoreConfig } from './values.js';
import { homeOf, readVariables, type VariableName, type Variables } from './variables.js';

export interface ServingNodeConfig {
  readonly environment: string;
  readonly host: string;
  readonly port: number;
  /** Where it speaks gRPC as well; undefined: it does not. */
  readonly grpcPort?: number;
  /** Where callers reach the node; undefined: at its host and port. */
  readonly publicUrl?: string;
  /** Further names that callers may use for it. */
  readonly hosts: readonly string[];
  readonly adminSocket: string;
  /** Where the admin side listens as well, for whoever shows the token. */
  readonly admin?: AdminAddress;
  /** Desired state, artifacts and sockets of this node. */
  readonly directory: string;
  readonly store: StoreConfig;
  readonly limits: ServingLimits;
  readonly logLevel: string;
}

export interface ModelServerConfig {
  readonly model: string;
  readonly environment: string;
  readonly artifactDirectory: string;
  readonly socket?: string;
  readonly address?: { readonly host: string; readonly port: number };
  readonly route?: 'champion' | 'shadow';
  readonly limits: ServingLimits;
  readonly store: StoreConfig;
  readonly logLevel: string;
}

export const loadServingNodeConfig = (): ServingNodeConfig => {
  const variables = readVariables();
  const home = homeOf(variables);
  const file = fileOrDefaults(home.configFile, variables);
  const environment = needed(variables, 'SLIPWAY_ENVIRONMENT');
  const target = targetsOf(file, home.configFile)[environment];
  if (target !== undefined && target.kind !== 'local')
    throw new SlipwayError(
      'config_invalid',
      `${environment} has a target of kind ${target.kind}: it has no serving node`,
    );
  const url = target === undefined ? undefined : new URL(target.url);
  const publicUrl = variables.SLIPWAY_PUBLIC_URL ?? target?.url;
  const grpcPort = variables.SLIPWAY_GRPC_PORT ?? target?.grpcPort;
  return {
    environment,
    host: variables.SLIPWAY_HOST ?? url?.hostname ?? '127.0.0.1',
    port: variables.SLIPWAY_PORT ?? Number(url?.port || (url === undefined ? 0 : 80)),
    ...(grpcPort === undefined ? {} : { grpcPort }),
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/+$/, '') }),
    hosts: [...(url === undefined ? [] : [url.hostname]), ...(target?.hosts ?? [])],
    adminSocket: resolve(
      variables.SLIPWAY_ADMIN_SOCKET ?? target?.adminSocket ?? join(home.runDirectory, `serving-${environment}.sock`),
    ),
    ...(target?.admin === undefined ? {} : { admin: target.admin }),
    directory: join(home.directory, 'serving', environment),
    store: storeOf(file, variables),
    limits: file.serving,
    logLevel: variables.SLIPWAY_LOG_LEVEL ?? file.log.level,
  };
};

/** A model server is given everything by the node that starts it, and reads no file of the operator. */
export const loadModelServerConfig = (): ModelServerConfig => {
  const variables = readVariables();
  const limits = servingLimitsSchema.safeParse(parseJson(variables.SLIPWAY_SERVING_LIMITS ?? '{}'));
  if (!limits.success) throw new SlipwayError('config_invalid', `SLIPWAY_SERVING_LIMITS: ${limits.error.message}`);
  return {
    model: needed(variables, 'SLIPWAY_MODEL'),
    environment: needed(variables, 'SLIPWAY_ENVIRONMENT'),
    artifactDirectory: resolve(needed(variables, 'SLIPWAY_ARTIFACT')),
    ...(variables.SLIPWAY_MODEL_SOCKET === undefined ? {} : { socket: resolve(variables.SLIPWAY_MODEL_SOCKET) }),
    ...(variables.SLIPWAY_PORT === undefined
      ? {}
      : { address: { host: variables.SLIPWAY_HOST ?? '127.0.0.1', port: variables.SLIPWAY_PORT } }),
    ...(variables.SLIPWAY_ROUTE === undefined ? {} : { route: variables.SLIPWAY_ROUTE }),
    limits: limits.data,
    store: storeOf(DEFAULTS, variables),
    logLevel: variables.SLIPWAY_LOG_LEVEL ?? 'info',
  };
};

const DEFAULTS: OperatorFile = operatorSchema.parse({ version: 1, installation: 'none' });

/** The file may be missing where variables say everything; one that was named must be there. */
const fileOrDefaults = (configFile: string, variables: Variables): OperatorFile =>
  variables.SLIPWAY_CONFIG === undefined && !existsSync(configFile) ? DEFAULTS : readOperatorFile(configFile);

const needed = <K extends VariableName>(variables: Variables, name: K): NonNullable<Variables[K]> => {
  const value = variables[name];
  if (value === undefined) throw new SlipwayError('config_invalid', `${name} is not set`);
  return value;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SlipwayError('config_invalid', 'SLIPWAY_SERVING_LIMITS is no JSON', {}, { cause });
  }
};

/** Variables of one model server: what it needs, and nothing else of this process's environment. */
export const modelServerVariables = (
  config: ServingNodeConfig,
  version: { readonly model: string; readonly artifactDirectory: string; readonly socket: string },
): Readonly<Record<string, string>> => ({
  SLIPWAY_MODEL: version.model,
  SLIPWAY_ENVIRONMENT: config.environment,
  SLIPWAY_ARTIFACT: version.artifactDirectory,
  SLIPWAY_MODEL_SOCKET: version.socket,
  SLIPWAY_SERVING_LIMITS: JSON.stringify(config.limits),
  SLIPWAY_LOG_LEVEL: config.logLevel,
  SLIPWAY_STORE_ENDPOINT: config.store.endpoint,
  SLIPWAY_STORE_ACCESS_KEY: config.store.accessKey,
  SLIPWAY_STORE_SECRET_KEY: config.store.secretKey,
  SLIPWAY_STORE_BUCKET: config.store.bucket,
});
