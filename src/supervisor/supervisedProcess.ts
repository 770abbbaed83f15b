import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import type { ProcessPlan } from './processes.js';
import { dieWithParent } from './serverCommand.js';

export interface SupervisedProcess {
  readonly plan: ProcessPlan;
  readonly pid: () => number | undefined;
  readonly restarts: () => number;
  /** Resolves when it answers for the first time. */
  start(): Promise<void>;
  /** Asks it to end, and ends it where it does not. */
  stop(graceMs: number): Promise<void>;
}

export interface SupervisionEvents {
  /** A process came up (again), with its new pid. */
  readonly up: (name: string) => void;
  readonly down: (name: string, how: string, waitMs: number) => void;
}

const BACKOFF_MS = [100, 500, 1_000, 2_000, 5_000, 10_000];
const READY_WITHIN_MS = 60_000;
const MAX_LOG_BYTES = 32 * 1024 * 1024;

/** Keeps one process running, with growing pauses while it keeps dying; its output goes to `<name>.log`. */
export const superviseProcess = (
  plan: ProcessPlan,
  logFolder: string,
  events: SupervisionEvents,
): SupervisedProcess => {
  let child: ChildProcess | undefined;
  let stopping = false;
  let restarts = 0;
  let failures = 0;
  let tail = '';

  const launch = (): Promise<void> => {
    const { command, args, env } = dieWithParent(plan.command);
    const log = openLog(logFolder, plan.name);
    // A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which ends everything in order.
    const started = spawn(command, [...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child = started;
    tail = '';
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        log.write(chunk);
        tail = (tail + chunk.toString('utf8')).slice(-2_000);
      });
    }
    const ended = new AbortController();
    started.once('error', (error) => (tail += error.message));
    started.once('exit', (code, signal) => {
      log.end();
      ended.abort();
      if (stopping) return;
      failures += 1;
      const wait = BACKOFF_MS[Math.min(failures - 1, BACKOFF_MS.length - 1)] ?? 10_000;
      events.down(plan.name, signal ?? `code ${code}`, wait);
      setTimeout(() => void relaunch(), wait);
    });
    return plan.ready(AbortSignal.any([ended.signal, AbortSignal.timeout(READY_WITHIN_MS)])).then(
      () => {
        failures = 0;
        events.up(plan.name);
      },
      (cause: unknown) => {
        throw new Error(
          `${plan.name} did not become ready${tail.trim() === '' ? '' : `; its last lines:\n${lastLines(tail)}`}`,
          { cause },
        );
      },
    );
  };
  const relaunch = async (): Promise<void> => {
    if (stopping) return;
    restarts += 1;
    await launch().catch(() => undefined);
  };
  return {
    plan,
    pid: () => (child?.exitCode === null && child.signalCode === null ? child.pid : undefined),
    restarts: () => restarts,
    start: launch,
    stop: async (graceMs) => {
      stopping = true;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child?.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
};

const openLog = (folder: string, name: string): WriteStream => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.log`);
  if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) renameSync(path, `${path}.1`);
  return createWriteStream(path, { flags: 'a', mode: 0o600 });
};

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-8).join('\n');
