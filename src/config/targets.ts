/** Where each environment runs, and how it is told: plain values of the operator's file. */
import { dirname, resolve } from 'node:path';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { kserveTargetOf, kubernetesTargetOf, type KserveTarget, type KubernetesTarget } from './kubernetesTarget.js';
import { readNamedFile } from './namedFile.js';
import type { OperatorFile } from './schema.js';

export interface AdminAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

export interface LocalTarget {
  readonly kind: 'local';
  readonly adminSocket: string;
  readonly url: string;
  readonly grpcPort?: number;
  readonly hosts: readonly string[];
  readonly admin?: AdminAddress;
}

type Written = OperatorFile['environments'][number]['target'];

export interface CommandTarget {
  readonly kind: 'command';
  readonly programs: Pick<NonNullable<Written['command']>, 'deploy' | 'status' | 'shift' | 'rollback' | 'measure'>;
  /** Where the programs start: the folder of the operator's file. */
  readonly directory: string;
  readonly timeoutMs: number;
  readonly inferenceUrl: string;
  readonly secrets: readonly { readonly variable: string; readonly name: string }[];
  readonly shadows: boolean;
}

export type Targets = Readonly<Record<string, LocalTarget | CommandTarget | KubernetesTarget | KserveTarget>>;

/** Sockets are named relative to the operator's file, and programs start in its folder. */
export const targetsOf = (file: OperatorFile, configFile: string): Targets =>
  Object.fromEntries(file.environments.map(({ name, target }) => [name, targetOf(name, target, file, configFile)]));

/** Those that are serving nodes of ours, which somebody has to start. */
export const localTargetsOf = (targets: Targets): readonly (LocalTarget & { readonly name: string })[] =>
  Object.entries(targets).flatMap(([name, target]) => (target.kind === 'local' ? [{ name, ...target }] : []));

const targetOf = (
  name: string,
  { local, command, kubernetes: cluster, kserve }: Written,
  { serving }: OperatorFile,
  configFile: string,
): Targets[string] => {
  const folder = dirname(configFile);
  if (local !== undefined)
    return {
      kind: 'local',
      url: local.url,
      ...(local.grpcPort === undefined ? {} : { grpcPort: local.grpcPort }),
      hosts: local.hosts,
      adminSocket: resolve(folder, local.adminSocket),
      ...(local.admin === undefined ? {} : { admin: adminOf(local.admin, configFile) }),
    };
  if (cluster !== undefined) return kubernetesTargetOf(cluster, serving, configFile);
  if (kserve !== undefined) return kserveTargetOf(kserve, serving, configFile);
  // The rules of the file refuse this before; a target that nobody reaches must not look like one.
  if (command === undefined) throw new SlipwayError('config_invalid', `${configFile}: ${name} has no target`);
  const { timeout, inferenceUrl, secrets, shadows, ...programs } = command;
  return {
    ...{ kind: 'command', programs, directory: resolve(folder), timeoutMs: timeout, inferenceUrl, shadows },
    secrets: Object.entries(secrets).map(([variable, secret]) => ({ variable, name: secret })),
  };
};

type WrittenAdmin = NonNullable<NonNullable<Written['local']>['admin']>;

/** Short enough to be guessed is as open as none. */
const SHORTEST_TOKEN = 32;

const adminOf = ({ address, tokenFile }: WrittenAdmin, configFile: string): AdminAddress => {
  const key = 'environments[].target.local.admin.tokenFile';
  const token = readNamedFile(configFile, tokenFile, key);
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < SHORTEST_TOKEN)
    throw new SlipwayError(
      'config_invalid',
      `${configFile}: ${key}: ${tokenFile} has no token: one line of at least ${SHORTEST_TOKEN} characters without blanks`,
    );
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), token };
};
