/** Plain values for each process, from its environment and the operator's file. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ConfiguredFreeze } from '../domain/hold/configuredFreezes.js';
import { DEFAULTS, readOperatorFile } from './operator.js';
import type { OperatorFile } from './schema.js';
import type { Channels, SmtpServer } from '../contract/channels.js';
import { channelsOf, slackOf, smtpOf } from './channels.js';
import { rolesUnheard } from './unheard.js';
import {
  freezesOf,
  repositoriesOf,
  secretsOf,
  stepsOf,
  storeOf,
  temporalOf,
  toModel,
  type ModelConfig,
  type Repositories,
  type SecretConfig,
  type StepsConfig,
  type StoreConfig,
  type TemporalConfig,
} from './values.js';
import { localTargetsOf, targetsOf, type Targets } from './targets.js';
import { workerVersionOf, type WorkerVersion } from './workerVersion.js';
import {
  ALL_QUEUES,
  commandPath,
  homeOf,
  passedOn,
  readVariables,
  type Home,
  type QueueName,
  type Variables,
} from './variables.js';

interface Common {
  readonly home: Home;
  readonly installation: string;
  readonly logLevel: string;
  readonly temporal: TemporalConfig;
  readonly store: StoreConfig;
  /** Begin of links to the API; no slash at its end. */
  readonly publicUrl: string;
  readonly models: readonly ModelConfig[];
  readonly freezes: readonly ConfiguredFreeze[];
  /** Roles that may start a hotfix. */
  readonly hotfixRoles: readonly string[];
  /** Roles of which two people may break the glass. */
  readonly breakGlassRoles: readonly string[];
  /** Where each environment runs. */
  readonly targets: Targets;
  readonly pollEveryMs: number;
  /** How often targets are asked what they run; absent: never. */
  readonly lookAtTargetsEveryMs?: number;
}

export interface WorkerConfig extends Common {
  readonly queues: readonly QueueName[];
  /** Which build of which Worker Deployment this worker is; absent: it is in none. */
  readonly version?: WorkerVersion;
  /** Where health and metrics of this worker are answered; absent: nowhere. */
  readonly port?: number;
  readonly host: string;
  readonly repositories: Repositories;
  readonly sourceRoots: readonly string[];
  readonly channels: Channels;
  readonly defaultChannel?: string;
  /** The server that takes mail. */
  readonly smtp?: SmtpServer;
  readonly steps: StepsConfig;
  readonly stepEnv: Readonly<Record<string, string>>;
  /** The image that steps run in, as the operator names it. */
  readonly image?: string;
  readonly data: OperatorFile['data'];
  /** Hosts that metrics of a canary may be asked of. */
  readonly metricHosts: readonly string[];
  readonly secrets: readonly SecretConfig[];
  /** Folders that steps may write to besides their own. */
  readonly writable: readonly string[];
  /** Commands run only where they are confined. */
  readonly confinementRequired: boolean;
  readonly failpoints: readonly string[];
  /** Where commands are looked for. */
  readonly path: string;
}

export interface ServerConfig extends Common {
  readonly host: string;
  readonly port: number;
  /** Where commands are looked for. */
  readonly path: string;
  readonly repositories: Repositories;
  /** Programs of command targets are handed theirs. */
  readonly secrets: readonly SecretConfig[];
  readonly sourceRoots: readonly string[];
  readonly limits: OperatorFile['limits'];
  /** Names that callers may use for the API, besides loopback's and IP addresses. */
  readonly hosts: readonly string[];
  /** Proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  /** The identity provider that people log in by; absent: nobody does. */
  readonly oidc?: NonNullable<OperatorFile['oidc']>;
  /** The app of Slack whose clicks are taken; absent: none is. */
  readonly slack?: { readonly signingSecret: string; readonly team: string };
}

export interface SignerConfig {
  readonly home: Home;
  readonly logLevel: string;
  readonly store: StoreConfig;
}

/** What the command line needs before it reaches an API. */
export interface ClientConfig {
  readonly home: Home;
  readonly url?: string;
  readonly token?: string;
}

export const loadWorkerConfig = (): WorkerConfig => {
  const variables = readVariables();
  const { common, file } = load(variables);
  const smtp = smtpOf(file, common.home.configFile);
  return {
    ...common,
    queues: variables.SLIPWAY_QUEUES ?? ALL_QUEUES,
    ...workerVersionOf(variables),
    ...(variables.SLIPWAY_PORT === undefined ? {} : { port: variables.SLIPWAY_PORT }),
    host: variables.SLIPWAY_HOST ?? '127.0.0.1',
    repositories: repositoriesOf(file),
    sourceRoots: file.sourceRoots,
    channels: channelsOf(file, common.home.configFile),
    ...(file.defaultChannel === undefined ? {} : { defaultChannel: file.defaultChannel }),
    ...(smtp === undefined ? {} : { smtp }),
    steps: stepsOf(file),
    stepEnv: { ...passedOn(file.steps.passEnv), ...file.steps.env },
    ...(file.steps.image === undefined ? {} : { image: file.steps.image }),
    data: file.data,
    metricHosts: file.metrics.hosts,
    secrets: secretsOf(file, common.home.configFile),
    writable: file.steps.writable.map((folder) => resolve(dirname(common.home.configFile), folder)),
    confinementRequired: file.steps.confinement === 'required',
    failpoints: variables.SLIPWAY_FAILPOINTS ?? [],
    path: commandPath(),
  };
};

export const loadServerConfig = (): ServerConfig => {
  const variables = readVariables();
  const { common, file } = load(variables);
  const slack = slackOf(file, common.home.configFile);
  return {
    ...common,
    host: variables.SLIPWAY_HOST ?? file.server.host,
    port: variables.SLIPWAY_PORT ?? file.server.port,
    repositories: repositoriesOf(file),
    secrets: secretsOf(file, common.home.configFile),
    sourceRoots: file.sourceRoots,
    limits: file.limits,
    ...(file.oidc === undefined ? {} : { oidc: file.oidc }),
    ...(slack === undefined ? {} : { slack }),
    hosts: [file.server.host, new URL(common.publicUrl).hostname, ...file.server.hosts],
    trustedProxies: file.server.trustedProxies,
    path: commandPath(),
  };
};

/** The signer needs no file of the operator where its environment says everything; retention of the ledger stands in the file alone. */
export const loadSignerConfig = (): SignerConfig => {
  const variables = readVariables();
  const home = homeOf(variables);
  const dispensable = variables.SLIPWAY_STORE_ENDPOINT !== undefined && !existsSync(home.configFile);
  const file = dispensable ? DEFAULTS : readOperatorFile(home.configFile);
  return { home, logLevel: variables.SLIPWAY_LOG_LEVEL ?? file.log.level, store: storeOf(file, variables) };
};

export const loadClientConfig = (): ClientConfig => {
  const variables = readVariables();
  return {
    home: homeOf(variables),
    ...(variables.SLIPWAY_URL === undefined ? {} : { url: variables.SLIPWAY_URL }),
    ...(variables.SLIPWAY_TOKEN === undefined ? {} : { token: variables.SLIPWAY_TOKEN }),
  };
};

/** Servers that `slipway dev` uses instead of starting its own. */
export const loadDevServers = (): {
  readonly temporalAddress?: string;
  readonly store?: { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };
} => {
  const variables = readVariables();
  const endpoint = variables.SLIPWAY_STORE_ENDPOINT;
  const { SLIPWAY_TEMPORAL_ADDRESS: temporalAddress } = variables;
  return {
    ...(temporalAddress === undefined ? {} : { temporalAddress }),
    ...(endpoint === undefined ? {} : { store: keysOf(storeOf(DEFAULTS, variables)) }),
  };
};

/** Of OCI registries that artifacts are pushed to and pulled from. */
export const loadRegistryCredentials = (): { readonly user: string; readonly password: string } | undefined => {
  const { SLIPWAY_REGISTRY_USER: user, SLIPWAY_REGISTRY_PASSWORD: password } = readVariables();
  return user === undefined || password === undefined ? undefined : { user, password };
};

/** The store that commands read which need no installation; undefined where the environment names none. */
export const loadStoreAccess = (): StoreConfig | undefined => {
  const variables = readVariables();
  return variables.SLIPWAY_STORE_ENDPOINT === undefined ? undefined : storeOf(DEFAULTS, variables);
};

const keysOf = ({ endpoint, accessKey, secretKey }: StoreConfig) => ({ endpoint, accessKey, secretKey });

/** Names of identities, where the serving nodes are that somebody has to start, and which roles no notification reaches. */
export const readTargets = (
  configFile: string,
): {
  readonly identities: readonly string[];
  readonly environments: ReturnType<typeof localTargetsOf>;
  readonly unheard: readonly string[];
} => {
  const file = readOperatorFile(configFile);
  return {
    unheard: rolesUnheard(file),
    identities: file.identities.map(({ name }) => name),
    environments: localTargetsOf(targetsOf(file, configFile)),
  };
};

const load = (variables: Variables): { readonly common: Common; readonly file: OperatorFile } => {
  const home = homeOf(variables);
  const file = readOperatorFile(home.configFile);
  const common: Common = {
    home:
      variables.SLIPWAY_SIGNER_SOCKET === undefined && file.signer.socket !== undefined
        ? { ...home, signerSocket: file.signer.socket }
        : home,
    installation: file.installation,
    logLevel: variables.SLIPWAY_LOG_LEVEL ?? file.log.level,
    temporal: temporalOf(file, variables, home.configFile),
    store: storeOf(file, variables),
    publicUrl: publicUrlOf(file, variables),
    models: file.models.map(toModel),
    freezes: freezesOf(file),
    hotfixRoles: file.hotfix.roles,
    breakGlassRoles: file.breakGlass?.roles ?? [],
    targets: targetsOf(file, home.configFile),
    pollEveryMs: file.source.pollEvery,
    ...(file.targets.lookEvery === 'off' ? {} : { lookAtTargetsEveryMs: file.targets.lookEvery }),
  };
  return { common, file };
};

const publicUrlOf = ({ server }: OperatorFile, variables: Variables): string =>
  (variables.SLIPWAY_PUBLIC_URL ?? server.publicUrl ?? `http://${server.host}:${server.port}`).replace(/\/+$/, '');
