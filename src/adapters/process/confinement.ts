import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { sandbox, type View } from './sandbox.js';

/**
 * How a step is kept together, so that nothing of it outlives its worker.
 * - `namespace`: bubblewrap, see sandbox.ts. The kernel ends every process of it with the first one, also those that
 *   left the group; and the step sees no other process, so it cannot read their environment.
 * - `group`: a process group with a watcher in it, which kills the step's processes when its pipe to the worker closes.
 */
export type Confinement = { readonly kind: 'namespace'; readonly bubblewrap: string } | { readonly kind: 'group' };

/** Tries bubblewrap once: it may be missing, or the machine may not allow it. */
export const findConfinement = async (path: string): Promise<Confinement> => {
  const tried = await tryBubblewrap(path);
  return typeof tried === 'string' ? { kind: 'group' } : tried;
};

/** What keeps steps from being confined, in words; undefined where they are. */
export const whyUnconfined = async (path: string): Promise<string | undefined> => {
  const tried = await tryBubblewrap(path);
  return typeof tried === 'string' ? tried : undefined;
};

const tryBubblewrap = async (path: string): Promise<Confinement | string> => {
  let why = 'bwrap is not on the PATH';
  for (const folder of path.split(delimiter)) {
    const bubblewrap = join(folder, 'bwrap');
    if (folder === '' || !(await isExecutable(bubblewrap))) continue;
    const confinement: Confinement = { kind: 'namespace', bubblewrap };
    const [file, ...args] = commandLine(confinement, ':', { hidden: [] });
    const failed = await failureOf(file!, args);
    if (failed === undefined) return confinement;
    why = failed;
  }
  return why;
};

export interface Limits {
  readonly memoryBytes?: number;
  readonly cpuMs?: number;
}

/**
 * Both streams into one, so that their order is kept; then a shell that is the step. Data is limited, not address space:
 * runtimes reserve much more of that than they ever use.
 */
const step = ({ memoryBytes, cpuMs }: Limits): string =>
  [
    'exec 2>&1',
    ...(memoryBytes === undefined ? [] : [`ulimit -d ${Math.ceil(memoryBytes / 1024)}`]),
    ...(cpuMs === undefined ? [] : [`ulimit -t ${Math.ceil(cpuMs / 1000)}`]),
    'exec /bin/sh -c "$0"',
  ].join('; ');

/** Set in every step, so that processes which left the group are found. */
export const MARK = 'SLIPWAY_STEP_ID';

/** Kills what carries the mark, wherever it moved; more than once, because it may be starting others. */
const KILL_MARKED = [
  'read -r self _ </proc/self/stat',
  'for look in 1 2 3; do',
  `for file in $(grep -lz "^${MARK}=$${MARK}$" /proc/[0-9]*/environ); do`,
  'pid="${file#/proc/}"; pid="${pid%/environ}"; [ "$pid" = "$self" ] || kill -KILL "$pid"; done; done',
].join('\n');

/**
 * The watcher waits for the end of descriptor 3, which only the worker holds open, and takes with it what left the group
 * (where there is a /proc to find it in) and the group.
 */
const guarded = (limits: Limits): string =>
  `{ read -r _ <&3; ${KILL_MARKED}\nkill -KILL 0; } >/dev/null 2>&1 & exec 3<&-; ${step(limits)}`;

export const commandLine = (
  confinement: Confinement,
  command: string,
  view: View,
  limits: Limits = {},
): readonly string[] =>
  confinement.kind === 'group'
    ? ['/bin/sh', '-c', guarded(limits), command]
    : [confinement.bubblewrap, ...sandbox(view), '--', '/bin/sh', '-c', step(limits), command];

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Undefined where it succeeds; else the last line that it said. */
const failureOf = (file: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(file, args, { env: {}, timeout: 5_000 }, (error, _stdout, stderr) =>
      resolve(error === null ? undefined : (stderr.trim().split('\n').at(-1) ?? error.message)),
    );
  });
