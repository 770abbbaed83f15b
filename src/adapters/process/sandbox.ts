import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';

/** What a step finds of the machine, where there is a namespace of its own. */
export interface View {
  /** Directories that it finds empty, */
  readonly hidden: readonly string[];
  /** but for this one, which may lie in them: the only one of the machine that it may write to, */
  readonly shown?: string;
  /** besides these. */
  readonly writable?: readonly string[];
  /** Seen wherever it lies, and not written to. */
  readonly readOnly?: string;
  /** It reaches other machines. */
  readonly network?: boolean;
}

/** Emptied for every step: what others leave there, and sockets of services, are none of its business. */
const PRIVATE = ['/tmp', '/var/tmp', '/run'];
/** Below these, what programs need: names of hosts (only where there is a network), and, on some systems, the programs. */
const PROGRAMS = ['/run/current-system', '/run/opengl-driver', '/run/wrappers'];
const RESOLVER = '/etc/resolv.conf';
/** Processors for training. */
const ACCELERATOR = /^(nvidia.*|dri|kfd|accel)$/;

/**
 * Arguments of bubblewrap: processes, IPC and, without `network`, network interfaces of its own; the whole system to be
 * read, one folder to be written; no capability, also for root. The kernel ends everything with its first process, and
 * that one with the worker.
 */
export const sandbox = ({ hidden, shown, writable = [], readOnly, network = false }: View): readonly string[] => {
  const own = [...(shown === undefined ? [] : [shown]), ...writable];
  const holds = (directory: string): boolean => own.some((path) => !relative(directory, path).startsWith('..'));
  return [
    ...['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--cap-drop', 'ALL'],
    ...(network ? [] : ['--unshare-net']),
    ...['--ro-bind', '/', '/', '--dev', '/dev', ...accelerators(), '--proc', '/proc'],
    ...emptied(resolved(PRIVATE)),
    ...PROGRAMS.flatMap((folder) => ['--ro-bind-try', folder, folder]),
    ...(network ? resolver() : []),
    ...emptied(hidden.filter(holds)),
    ...own.flatMap((directory) => ['--bind', directory, directory]),
    ...emptied(hidden.filter((directory) => !holds(directory))),
    ...(readOnly === undefined ? [] : ['--ro-bind', readOnly, readOnly]),
  ];
};

const emptied = (directories: readonly string[]): readonly string[] =>
  directories.flatMap((directory) => ['--tmpfs', directory]);

/** Links lead to the folder itself; what is not there needs no emptying, and could not be made. */
const resolved = (directories: readonly string[]): readonly string[] => [
  ...new Set(directories.filter((directory) => existsSync(directory)).map((directory) => realpathSync(directory))),
];

/** Where the list of name servers is a link into a folder that was emptied. */
const resolver = (): readonly string[] => {
  const file = existsSync(RESOLVER) ? realpathSync(RESOLVER) : RESOLVER;
  return file === RESOLVER ? [] : ['--ro-bind-try', file, file];
};

const accelerators = (): readonly string[] =>
  (existsSync('/dev') ? readdirSync('/dev') : [])
    .filter((name) => ACCELERATOR.test(name))
    .flatMap((name) => ['--dev-bind-try', join('/dev', name), join('/dev', name)]);
