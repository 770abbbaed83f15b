import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessPlan } from './processPlan.js';
import { countFailures, restartDelay } from './restartDelay.js';
import { openRotatingLog } from './rotatingLog.js';
import { dieWithParent } from './serverCommand.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { ErrorCode } from '../domain/errors/table.js';

export interface SupervisedProcess {
  readonly plan: ProcessPlan;
  /** Undefined while it is not running. */
  readonly pid: () => number | undefined;
  /**
   * Resolves when it answers for the first time, or waits for what its plan says; rejects, with its last lines, when it
   * ends or stays silent instead.
   */
  start(): Promise<void>;
  /** Asks it to end, and ends it where it does not; it is not started again. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

export interface SupervisionEvents {
  /** A process was started (again), with its pid; it does not answer yet. */
  readonly started: (name: string, pid: number) => void;
  readonly up: (name: string, tookMs: number) => void;
  readonly down: (name: string, how: string, waitMs: number) => void;
  readonly ended: (name: string, pid: number) => void;
}

export interface SupervisionOptions {
  readonly logFolder: string;
  readonly events: SupervisionEvents;
  /** What every process inherits; its own variables come on top. */
  readonly environment: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
}

/** Long enough for the smallest machine under the heaviest load: one that cannot start says so at once. */
const READY_WITHIN_MS = 120_000;
const TAIL_BYTES = 4_000;
const TAIL_LINES = 8;

interface Running {
  readonly child: ChildProcess;
  readonly startedAt: number;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  readonly tail: () => string;
}

/** Keeps one process running, with growing pauses while it keeps dying; its output goes to `<name>.log`. */
export const superviseProcess = (plan: ProcessPlan, options: SupervisionOptions): SupervisedProcess => {
  const { events } = options;
  const stopping = new AbortController();
  let running: Running | undefined;
  let kept: Promise<void> = Promise.resolve();

  const launchUntilReady = async (): Promise<Running> => {
    const launched = launch(plan, options);
    running = launched;
    await becomesReady(plan, launched, options.readyWithinMs ?? READY_WITHIN_MS);
    events.up(plan.name, Date.now() - launched.startedAt);
    return launched;
  };
  const keepRunning = async (first: Running): Promise<void> => {
    let current = first;
    let failures = 0;
    for (;;) {
      const how = await current.ended;
      if (stopping.signal.aborted) return;
      failures = countFailures(failures, Date.now() - current.startedAt);
      events.down(plan.name, how, restartDelay(failures));
      await delay(restartDelay(failures), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      // One that does not come up has ended by now, or was ended: the loop counts it like any other death.
      await launchUntilReady().catch(() => undefined);
      current = running ?? current;
    }
  };
  return {
    plan,
    pid: () => (running !== undefined && isRunning(running.child) ? running.child.pid : undefined),
    start: async () => {
      const first = await launchUntilReady().catch((error: unknown) => {
        if (running === undefined || !(error instanceof SlipwayError) || error.code !== plan.waitsFor) throw error;
        return running;
      });
      kept = keepRunning(first);
    },
    stop: async () => {
      stopping.abort();
      if (running !== undefined) await end(running, plan.graceMs);
      await kept;
    },
    kill: () => {
      stopping.abort();
      running?.child.kill('SIGKILL');
    },
  };
};

const launch = (plan: ProcessPlan, { logFolder, environment, events }: SupervisionOptions): Running => {
  const { command, args, env } = dieWithParent(plan.command);
  const log = openRotatingLog(logFolder, plan.name);
  let tail = '';
  const keep = (chunk: Buffer): void => {
    log.write(chunk);
    tail = (tail + chunk.toString('utf8')).slice(-TAIL_BYTES);
  };
  const child = spawn(command, [...args], {
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends everything in order.
    detached: true,
  });
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const { pid } = child;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      keep(Buffer.from(`${error.message}\n`));
      if (pid === undefined) resolve(error.message);
    });
    // `close`, not `exit`: its last lines are in the log then.
    child.once('close', (code, signal) => {
      if (pid !== undefined) events.ended(plan.name, pid);
      resolve(signal ?? `exit code ${code}`);
    });
  });
  void ended.then(() => log.end());
  if (pid !== undefined) events.started(plan.name, pid);
  return { child, startedAt: Date.now(), ended, tail: () => tail };
};

/** Resolves when it answers. One that does not in time is ended, so that its successor finds its addresses free. */
const becomesReady = async (plan: ProcessPlan, { child, ended, tail }: Running, withinMs: number): Promise<void> => {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), withinMs);
  const gone = ended.then((how) => {
    throw new SlipwayError(codeIn(tail()), `${plan.name} ended (${how}) before it was ready${lastLines(tail())}`);
  });
  gone.catch(() => undefined);
  try {
    await Promise.race([plan.ready(over.signal), gone]);
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    if (error instanceof SlipwayError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new SlipwayError(
      'timed_out',
      `${plan.name} did not become ready within ${withinMs / 1000} s: ${why}${lastLines(tail())}`,
      {},
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    over.abort();
  }
};

const end = async ({ child, ended }: Running, graceMs: number): Promise<void> => {
  if (!isRunning(child)) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
};

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

/** Codes that a process of ours ends with when it cannot begin; it writes them into its log. */
const SAID =
  /\b(temporal_empty|temporal_unreachable|store_unsafe|store_unreachable|store_full|disk_full|port_taken|config_invalid)\b/;

const codeIn = (tail: string): ErrorCode => (SAID.exec(tail)?.[1] as ErrorCode | undefined) ?? 'internal';

const lastLines = (text: string): string =>
  text.trim() === ''
    ? ', and it wrote nothing'
    : `; its last lines:\n${text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n')}`;
