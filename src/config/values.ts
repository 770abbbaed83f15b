/** Conversions from the operator's file and the environment to what adapters are made with. */
import { dirname, resolve } from 'node:path';
import type { ConfiguredFreeze } from '../domain/hold/configuredFreezes.js';
import type { EnvironmentMinimum } from '../domain/spec/minimum.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { readNamedFile } from './namedFile.js';
import type { OperatorFile } from './schema.js';
import { passedOn, type Variables } from './variables.js';

export interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  readonly tls:
    false | { readonly serverName?: string; readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly apiKey?: string;
}

export interface StoreConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly ledgerBucket: string;
  readonly ledgerRetention: { readonly mode: 'governance' | 'compliance'; readonly days: number };
  readonly accessKey: string;
  readonly secretKey: string;
}

export type Clock =
  | { readonly kind: 'wall' }
  | { readonly kind: 'replay'; readonly anchor: number; readonly speed: number }
  | { readonly kind: 'arrivals' };

export interface ModelConfig {
  readonly name: string;
  /** Name of its repository: the model's. */
  readonly repository: string;
  readonly branch: string;
  readonly clocks: Readonly<Record<string, Clock>>;
  /** What its slipway.yaml must ask for at least, in the order of its environments. */
  readonly minimum: readonly EnvironmentMinimum[];
}

export type Repositories = Readonly<Record<string, { readonly url: string; readonly branch: string }>>;

export const temporalOf = (file: OperatorFile, variables: Variables, configFile: string): TemporalConfig => {
  const { address, namespace, tls, apiKeyFile } = file.temporal;
  const apiKey = apiKeyFile === undefined ? undefined : readNamedFile(configFile, apiKeyFile, 'temporal.apiKeyFile');
  return {
    address: variables.SLIPWAY_TEMPORAL_ADDRESS ?? address,
    namespace: variables.SLIPWAY_TEMPORAL_NAMESPACE ?? namespace,
    tls:
      tls === false && apiKey === undefined ? false : typeof tls === 'boolean' ? {} : certificatesOf(tls, configFile),
    ...(apiKey === undefined ? {} : { apiKey }),
  };
};

const certificatesOf = (
  tls: Exclude<OperatorFile['temporal']['tls'], boolean>,
  configFile: string,
): Exclude<TemporalConfig['tls'], false> => ({
  ...(tls.serverName === undefined ? {} : { serverName: tls.serverName }),
  ...(tls.caFile === undefined ? {} : { ca: readNamedFile(configFile, tls.caFile, 'temporal.tls.caFile') }),
  ...(tls.certFile === undefined ? {} : { cert: readNamedFile(configFile, tls.certFile, 'temporal.tls.certFile') }),
  ...(tls.keyFile === undefined ? {} : { key: readNamedFile(configFile, tls.keyFile, 'temporal.tls.keyFile') }),
});

export const storeOf = (file: OperatorFile, variables: Variables): StoreConfig => {
  const { SLIPWAY_STORE_ACCESS_KEY: accessKey, SLIPWAY_STORE_SECRET_KEY: secretKey } = variables;
  if (accessKey === undefined || secretKey === undefined) {
    throw new SlipwayError('config_invalid', 'SLIPWAY_STORE_ACCESS_KEY and SLIPWAY_STORE_SECRET_KEY must be set');
  }
  return {
    endpoint: variables.SLIPWAY_STORE_ENDPOINT ?? file.store.endpoint,
    region: file.store.region,
    bucket: variables.SLIPWAY_STORE_BUCKET ?? file.store.bucket,
    ledgerBucket: variables.SLIPWAY_STORE_LEDGER_BUCKET ?? file.store.ledgerBucket,
    ledgerRetention: file.store.ledgerRetention,
    accessKey,
    secretKey,
  };
};

export const toModel = ({ name, repository, environments }: OperatorFile['models'][number]): ModelConfig => ({
  name,
  repository: name,
  branch: repository.branch,
  clocks: Object.fromEntries(environments.map((environment) => [environment.name, toClock(environment.clock)])),
  minimum: environments.flatMap(({ name, minimum }) => (minimum === undefined ? [] : [toMinimum(name, minimum)])),
});

type WrittenMinimum = NonNullable<OperatorFile['models'][number]['environments'][number]['minimum']>;

const toMinimum = (name: string, { hotfix, ...same }: WrittenMinimum): EnvironmentMinimum => {
  if (hotfix === undefined || hotfix === 'forbidden')
    return { name, ...same, ...(hotfix === undefined ? {} : { hotfix }) };
  const { reviewWithin, ...rule } = hotfix;
  return {
    ...{ name, ...same },
    hotfix: { ...rule, ...(reviewWithin === undefined ? {} : { reviewWithinMs: reviewWithin }) },
  };
};

const toClock = (clock: OperatorFile['models'][number]['environments'][number]['clock']): Clock =>
  typeof clock === 'string' ? { kind: clock } : { kind: 'replay', ...clock.replay };

export const repositoriesOf = (file: OperatorFile): Repositories =>
  Object.fromEntries(file.models.map(({ name, repository }) => [name, repository]));

/** Freezes of the operator's file. */
export const freezesOf = ({ freezes }: OperatorFile): readonly ConfiguredFreeze[] =>
  freezes.map(({ from, to, ...freeze }) => ({
    ...freeze,
    ...(from === undefined || to === undefined ? {} : { once: { from, to } }),
  }));

/** What runs commands of model repositories. */
export type StepsConfig =
  | { readonly runner: 'process' }
  | {
      readonly runner: 'docker';
      readonly socket: string;
      readonly image: string;
      readonly network: string;
      readonly memoryBytes: number;
      readonly cpus: number;
      readonly processes: number;
    };

export const stepsOf = ({ steps }: OperatorFile): StepsConfig =>
  steps.runner === 'process' || steps.image === undefined
    ? { runner: 'process' }
    : {
        runner: steps.runner,
        image: steps.image,
        ...steps.docker,
        memoryBytes: steps.limits.memory,
        cpus: steps.limits.cpus,
        processes: steps.limits.processes,
      };

export interface SecretConfig {
  readonly name: string;
  readonly models: readonly string[];
  readonly from: { readonly file: string } | { readonly value: string | undefined };
}

/** Files are named relative to the operator's file, and read when a command asks; variables are this process's own. */
export const secretsOf = (file: OperatorFile, configFile: string): readonly SecretConfig[] =>
  file.secrets.map(({ name, models, from }) => ({
    name,
    models,
    from:
      'file' in from
        ? { file: resolve(dirname(configFile), from.file) }
        : { value: passedOn([from.variable])[from.variable] },
  }));
