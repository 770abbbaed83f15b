import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { ContainerCreateOptions } from 'dockerode';
import type { StepCommand } from '../../ports/stepRunner.js';
import { FIRST_PROCESS, SECRETS_FOLDER } from './firstProcess.js';

/** What the operator lets steps have; a repository can only ask for less. */
export interface ContainerTerms {
  /** The image, by digest. */
  readonly image: string;
  /** Of the engine, for steps that may reach other machines. */
  readonly network: string;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly processes: number;
  /** Folders that steps may write to besides that of their run. */
  readonly writable: readonly string[];
  /** Numbers of user and group; the worker's own, so that both can read what the other writes. */
  readonly user: string;
}

/** Whose containers these are. */
export interface Owner {
  readonly installation: string;
  readonly host: string;
}

export const LABELS = {
  installation: 'slipway.installation',
  host: 'slipway.host',
  folder: 'slipway.folder',
  task: 'slipway.task',
  attempt: 'slipway.attempt',
} as const;

/** After the timeout the worker ends a step itself; where it cannot, the first process does, so much later. */
const LATER_SECONDS = 60;
const TMPFS = 'rw,nosuid,nodev,exec,size=1g,mode=1777';

/**
 * The container of one step: its own processes, no network unless it declares it, nothing of the machine but the folder of
 * its run, and no capability, whoever its user is.
 *
 * @param path PATH of the image
 */
export const containerOf = (
  step: StepCommand,
  terms: ContainerTerms,
  owner: Owner,
  path: string,
): ContainerCreateOptions => {
  const folder = step.root ?? step.directory;
  const memory = Math.min(step.resources?.memoryBytes ?? Number.POSITIVE_INFINITY, terms.memoryBytes);
  return {
    name: nameOf(step),
    Image: terms.image,
    Labels: {
      [LABELS.installation]: owner.installation,
      [LABELS.host]: owner.host,
      [LABELS.folder]: folder,
      ...(step.task === undefined ? {} : { [LABELS.task]: step.task.id, [LABELS.attempt]: String(step.task.attempt) }),
    },
    Entrypoint: ['/bin/sh', '-c', FIRST_PROCESS, step.command, String(secondsOf(step.timeoutMs) + LATER_SECONDS)],
    Cmd: [],
    WorkingDir: step.directory,
    User: terms.user,
    Env: Object.entries(environmentOf(step, path)).map(([name, value]) => `${name}=${value}`),
    // One stream in, which is the worker's hold on the container, and one stream out.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    HostConfig: {
      NetworkMode: step.network === true ? terms.network : 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(terms.cpus * 1e9),
      PidsLimit: terms.processes,
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }, ...cpuLimit(step)],
      Tmpfs: { '/tmp': TMPFS, '/var/tmp': TMPFS, [SECRETS_FOLDER]: 'rw,noexec,nosuid,nodev,size=1m,mode=1777' },
      Mounts: [
        ...[folder, ...terms.writable.filter((writable) => existsSync(writable))].map((path) => bind(path, false)),
        ...(step.tools === undefined ? [] : [bind(step.tools.folder, true)]),
      ],
      // The worker keeps the output, with secrets masked; an engine would keep it as it is, and without an end.
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: '' },
    },
  };
};

/** A path names the same file on both sides. */
const bind = (path: string, readOnly: boolean) =>
  ({ Type: 'bind', Source: path, Target: path, ReadOnly: readOnly }) as const;

const environmentOf = (step: StepCommand, path: string): Readonly<Record<string, string>> => ({
  ...(step.tools === undefined ? {} : { PATH: `${step.tools.programs}:${path}` }),
  HOME: step.directory,
  ...step.env,
  ...Object.fromEntries((step.secrets ?? []).map(({ variable }, index) => [variable, `${SECRETS_FOLDER}/${index}`])),
});

const cpuLimit = ({ resources }: StepCommand) => {
  if (resources?.cpuMs === undefined) return [];
  const seconds = secondsOf(resources.cpuMs);
  return [{ Name: 'cpu', Soft: seconds, Hard: seconds }];
};

const secondsOf = (ms: number): number => Math.ceil(ms / 1000);

/** The same task, the same begin; never the same twice, so that no earlier one is in the way. */
const nameOf = ({ task, command }: StepCommand): string => {
  const begin = createHash('sha256')
    .update(JSON.stringify([task?.id, command]))
    .digest('hex')
    .slice(0, 12);
  return `slipway-${begin}-${task?.attempt ?? 1}-${randomBytes(4).toString('hex')}`;
};
