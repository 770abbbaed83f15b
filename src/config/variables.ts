/** The only reader of process.env. A variable that is set and empty counts as not set. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { name } from '../contract/names.js';
import { expected } from '../contract/yaml/expected.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { hostAndPort } from './places.js';
import { bucket, logLevel, port } from './schema.js';
import { withSecretFiles } from './secretFiles.js';

const text = z.string().min(1);
const QUEUE_NAMES = ['control', 'build', 'serve', 'monitor'] as const;
const words = z.string().transform((list) =>
  list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== ''),
);

const SCHEMAS = {
  SLIPWAY_HOME: text,
  SLIPWAY_CONFIG: text,
  SLIPWAY_TEMPORAL_ADDRESS: hostAndPort,
  SLIPWAY_TEMPORAL_NAMESPACE: text,
  SLIPWAY_STORE_ENDPOINT: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
  SLIPWAY_STORE_ACCESS_KEY: text,
  SLIPWAY_STORE_SECRET_KEY: text,
  SLIPWAY_STORE_BUCKET: bucket,
  SLIPWAY_STORE_LEDGER_BUCKET: bucket,
  SLIPWAY_SIGNER_SOCKET: text,
  SLIPWAY_PORT: z.string().regex(/^\d+$/, 'a port, 0 to 65535').transform(Number).pipe(port),
  SLIPWAY_GRPC_PORT: z.string().regex(/^\d+$/, 'a port, 0 to 65535').transform(Number).pipe(port),
  SLIPWAY_HOST: text,
  SLIPWAY_PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
  SLIPWAY_ENVIRONMENT: name,
  SLIPWAY_ADMIN_SOCKET: text,
  SLIPWAY_MODEL: name,
  SLIPWAY_ARTIFACT: text,
  SLIPWAY_MODEL_SOCKET: text,
  SLIPWAY_SERVING_LIMITS: text,
  SLIPWAY_ROUTE: z.enum(['champion', 'shadow']),
  // The names that Temporal's Worker Controller gives its Pods.
  TEMPORAL_DEPLOYMENT_NAME: text,
  TEMPORAL_WORKER_BUILD_ID: text,
  SLIPWAY_QUEUES: words.pipe(z.array(z.enum(QUEUE_NAMES)).min(1)),
  SLIPWAY_LOG_LEVEL: logLevel,
  SLIPWAY_FAILPOINTS: words,
  SLIPWAY_URL: z.url({ protocol: /^https?$/, error: 'an http or https address' }),
  SLIPWAY_TOKEN: text,
  SLIPWAY_REGISTRY_USER: text,
  SLIPWAY_REGISTRY_PASSWORD: text,
} as const;

export type QueueName = (typeof QUEUE_NAMES)[number];
export const ALL_QUEUES: readonly QueueName[] = QUEUE_NAMES;

type Schemas = typeof SCHEMAS;
export type VariableName = keyof Schemas;
export type Variables = { readonly [K in VariableName]?: z.output<Schemas[K]> };

/** What is set, checked; `config_invalid` naming every variable that has a wrong value, never the value of a secret. */
export const readVariables = (environment: Readonly<Record<string, string | undefined>> = process.env): Variables => {
  const given = withSecretFiles(environment);
  const found: Record<string, unknown> = {};
  const mistakes: string[] = [];
  for (const [variable, schema] of Object.entries(SCHEMAS)) {
    const value = given[variable];
    if (value === undefined || value === '') continue;
    const parsed = schema.safeParse(value, { error: expected });
    if (parsed.success) found[variable] = parsed.data;
    else mistakes.push(`${variable} is not ${parsed.error.issues[0]?.message ?? 'valid'}`);
  }
  if (mistakes.length > 0) throw new SlipwayError('config_invalid', mistakes.join('; '), { mistakes });
  return found;
};

/** Where an installation keeps its files: tokens, keys, sockets, scratch space. */
export interface Home {
  readonly directory: string;
  readonly configFile: string;
  readonly tokensFile: string;
  readonly keysDirectory: string;
  readonly runDirectory: string;
  readonly workDirectory: string;
  readonly signerSocket: string;
}

/** `.slipway` in the working directory, unless SLIPWAY_HOME says otherwise. */
export const homeOf = (
  variables: Pick<Variables, 'SLIPWAY_HOME' | 'SLIPWAY_CONFIG' | 'SLIPWAY_SIGNER_SOCKET'>,
): Home => {
  const directory = resolve(variables.SLIPWAY_HOME ?? '.slipway');
  return {
    directory,
    configFile: resolve(variables.SLIPWAY_CONFIG ?? `${directory}/slipway.config.yaml`),
    tokensFile: `${directory}/tokens.json`,
    keysDirectory: `${directory}/keys`,
    runDirectory: `${directory}/run`,
    workDirectory: `${directory}/work`,
    signerSocket: resolve(variables.SLIPWAY_SIGNER_SOCKET ?? `${directory}/run/signer.sock`),
  };
};

/** Variables of this process that the operator's file lets steps see. */
export const passedOn = (
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) =>
      environment[name] === undefined || name.startsWith('SLIPWAY_') ? [] : [[name, environment[name]]],
    ),
  );

/** PATH of this process: where git and the commands of model repositories are looked for. */
export const commandPath = (): string => process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';

/** Variables of this process for the processes that it starts: ours are left out, except those that tests and logs need. */
export const inherited = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || (isOurs(name) && !HANDED_DOWN.has(name)) ? [] : [[name, value]],
    ),
  );

const isOurs = (name: string): boolean => name.startsWith('SLIPWAY_') || Object.hasOwn(SCHEMAS, name);

const HANDED_DOWN: ReadonlySet<string> = new Set([
  'SLIPWAY_LOG_LEVEL',
  'SLIPWAY_FAILPOINTS',
  'SLIPWAY_CACHE',
  'SLIPWAY_TEMPORAL_PATH',
  'SLIPWAY_MINIO_PATH',
  'SLIPWAY_WEED_PATH',
]);
