import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { limited } from '../../transport/limited.js';

export interface RunningProcess {
  readonly pid: number | undefined;
  /** What it has in memory now, MiB; undefined where the system does not say. */
  memoryMiB(): Promise<number | undefined>;
  /** Resolves when it has ended, with why. */
  readonly ended: Promise<string>;
  /** Asks it to finish what it has, and ends it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
  /** Ends its whole group at once. */
  kill(): void;
}

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
const TAIL = 2_000;

/**
 * A model server in a process group of its own, which does not outlive this process: the kernel tells it of our
 * death (where setpriv is there), and its standard input ends.
 *
 * @param folder what it works in: an empty one, so that a model that can name files finds none
 * @param memoryMiB all that it may allocate, by the kernel; a jump beyond ends it
 */
export const startProcess = (
  entry: string,
  folder: string,
  variables: Readonly<Record<string, string>>,
  memoryMiB: number,
): RunningProcess => {
  const command = limited(memoryMiB, process.execPath, '--enable-source-maps', entry);
  const [file, ...args] = SETPRIV === undefined ? command : [SETPRIV, '--pdeathsig', 'TERM', '--', ...command];
  const child = spawn(file!, args, {
    cwd: folder,
    env: { ...variables },
    detached: true,
    stdio: ['pipe', 'inherit', 'pipe'],
  });
  child.stdin?.on('error', () => undefined);
  let tail = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-TAIL);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(describeEnd(code, signal, tail)));
  });
  return {
    pid: child.pid,
    memoryMiB: () => residentMiB(child.pid),
    ended,
    stop: async (graceMs) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(child), graceMs);
      await ended;
      clearTimeout(timer);
    },
    kill: () => killGroup(child),
  };
};

const residentMiB = async (pid: number | undefined): Promise<number | undefined> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return kib === undefined ? undefined : Number(kib) / 1024;
};

const killGroup = (child: ChildProcess): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
};

const describeEnd = (code: number | null, signal: string | null, tail: string): string => {
  const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
  const last = tail.trim().split('\n').at(-1) ?? '';
  return last === '' ? `the model server ${how}` : last;
};
