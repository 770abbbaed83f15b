import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { createOutputLog } from '../../domain/release/outputLog.js';
import { endOfExitCode, type StepEnd } from '../../domain/release/stepEnd.js';
import type { StepCommand, StepResult, StepRunner } from '../../ports/stepRunner.js';
import { untilStopped } from '../../transport/untilStopped.js';
import { commandLine, findConfinement, MARK, type Confinement } from './confinement.js';
import { handOver } from './handOver.js';
import { createRunFolders } from './runFolders.js';
import { carriersOf, descendants, signalAll, signalGroup, startOf } from './processTree.js';

export interface StepRunnerOptions {
  /** PATH of steps that set none, and where bubblewrap is looked for. */
  readonly path: string;
  /** Directories that steps must not see (keys, tokens, other runs). Kept only where bubblewrap works. */
  readonly hidden?: readonly string[];
  /** Directories that steps may write to besides that of their run, such as caches. Kept to only where bubblewrap works. */
  readonly writable?: readonly string[];
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly graceMs?: number;
  /** Given by tests; otherwise the best that the machine allows. */
  readonly confinement?: Confinement;
  /** Runs nothing where bubblewrap does not work. */
  readonly confinementRequired?: boolean;
}

const GRACE_MS = 5_000;
/** How long output may still come after the step has ended. */
const DRAIN_MS = 1_000;
const FIRST_SECRET = 4;
const LOOKS = 100;
const LOOK_AGAIN_MS = 10;

interface Mark {
  readonly variable: string;
  /** Start of the step's first process. */
  readonly since: Promise<number | undefined>;
}

/** Runs steps as processes of this machine, with nothing of the worker's environment. */
export const createStepRunner = ({
  path,
  hidden = [],
  writable = [],
  graceMs = GRACE_MS,
  confinement,
  confinementRequired = false,
}: StepRunnerOptions): StepRunner => {
  let found: Promise<Confinement> | undefined;
  const folders = createRunFolders();
  return {
    run: async (step, onOutput, signal) => {
      const kept = confinement ?? (await (found ??= findConfinement(path)));
      if (confinementRequired && kept.kind !== 'namespace')
        throw new SlipwayError(
          'confinement_missing',
          'bubblewrap does not work on this worker, and steps must be confined',
        );
      signal.throwIfAborted();
      const work = (): Promise<StepResult> =>
        runStep({ step, onOutput, signal, confinement: kept, path, hidden, writable, graceMs });
      return kept.kind === 'namespace' ? work() : folders.within(step.root ?? step.directory, work);
    },
  };
};

interface Run extends Required<Omit<StepRunnerOptions, 'confinementRequired'>> {
  readonly step: StepCommand;
  readonly onOutput: (chunk: Uint8Array) => void;
  readonly signal: AbortSignal;
}

const runStep = async (run: Run): Promise<StepResult> => {
  const { step, signal, confinement } = run;
  const log = createOutputLog(run.onOutput);
  const id = randomUUID();
  const started = performance.now();
  // What is not there needs no hiding, and bubblewrap would create it.
  const view = {
    hidden: run.hidden.filter((directory) => existsSync(directory)),
    shown: step.root ?? step.directory,
    writable: run.writable.filter((directory) => existsSync(directory)),
    network: step.network === true,
    ...(step.tools === undefined ? {} : { readOnly: step.tools.folder }),
  };
  const [file, ...args] = commandLine(confinement, step.command, view, step.resources);
  const handed = await handOver(step.secrets ?? [], FIRST_SECRET);
  let child: ChildProcess;
  let ended: Promise<Exit>;
  try {
    child = spawn(file!, args, {
      cwd: step.directory,
      env: { PATH: pathOf(run), HOME: step.directory, ...step.env, ...handed.env, [MARK]: id },
      detached: true,
      // Descriptor 3 is the watcher's: it closes when this process is no more.
      stdio: ['ignore', 'pipe', 'pipe', confinement.kind === 'group' ? 'pipe' : 'ignore', ...handed.descriptors],
    });
    // At once: a short command has ended before the files of its secrets are closed.
    ended = exitOf(child);
    ended.catch(() => undefined);
  } finally {
    await handed.close();
  }
  const mark: Mark = {
    variable: `${MARK}=${id}`,
    since: startOf(child.pid ?? -1).then((start) => start ?? startOf(process.pid)),
  };
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  child.stdout?.on('data', log.write);
  child.stderr?.on('data', log.write);

  const stop = (): Promise<void> => stopTree(child, run, mark, ended);
  const { end, timedOut } = await untilStopped(ended, { timeoutMs: step.timeoutMs, signal, stop });
  // What a step leaves in the background ends with it.
  await killRest(child, confinement, mark);
  await drain(child);
  signal.throwIfAborted();
  return {
    end: timedOut ? { kind: 'timeout' } : describeExit(end),
    durationMs: Math.round(performance.now() - started),
    ...log.summary(),
  };
};

const pathOf = ({ path, step: { tools } }: Run): string =>
  tools === undefined ? path : `${tools.programs}${delimiter}${path}`;

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

const describeExit = ({ code, signal }: Exit): StepEnd =>
  signal === null ? endOfExitCode(code ?? 1, constants.signals) : { kind: 'killed', signal };

/** SIGTERM to every process of the step, and SIGKILL to what is left after the grace. */
const stopTree = async (
  child: ChildProcess,
  { confinement, graceMs }: Run,
  mark: Mark,
  ended: Promise<Exit>,
): Promise<void> => {
  if (child.pid === undefined) return;
  if (confinement.kind === 'group') {
    signalGroup(child.pid, 'SIGTERM');
  } else {
    // Not to bubblewrap and its first process: they would end the namespace at once, without a grace.
    const [, ...inside] = await descendants(child.pid);
    signalAll(inside, 'SIGTERM');
  }
  await within(graceMs, ended);
  await killRest(child, confinement, mark);
};

/** Whatever still runs. In a namespace the kernel finds everything; in a group, what left it is found by its mark. */
const killRest = async (child: ChildProcess, confinement: Confinement, mark: Mark): Promise<void> => {
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  if (confinement.kind === 'namespace') return;
  for (let look = 0; look < LOOKS; look += 1) {
    const { found, undecided } = await carriersOf(mark.variable, await mark.since);
    if (found.length + undecided.length === 0) return;
    signalAll(found, 'SIGKILL');
    if (found.length === 0) await delay(LOOK_AGAIN_MS);
  }
};

const drain = async (child: ChildProcess): Promise<void> => {
  if (child.stdout?.closed !== true) await within(DRAIN_MS, new Promise((resolve) => child.once('close', resolve)));
  for (const stream of child.stdio) stream?.destroy();
};

const within = async (ms: number, event: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([event, late]).finally(() => clearTimeout(timer));
};
