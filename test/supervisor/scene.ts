import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DevState } from '../../src/supervisor/devState.js';

export const CLI = fileURLToPath(new URL('../../../bin/slipway.mjs', import.meta.url));

const UP = 'Stop with Ctrl-C.';

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'slipway-dev-'));

/** Polls; the test's own timeout is the limit, or what `givenUp` says. */
export const until = async (holds: () => boolean, givenUp: () => boolean = () => false): Promise<void> => {
  while (!holds() && !givenUp()) await new Promise((resolve) => setTimeout(resolve, 25));
};

/** Until `slipway dev` says that it is up, also where Temporal has lost its database; an error with its words where it ends instead. */
export const untilReady = async ({ child, exit, stdout, stderr }: RunningCommand): Promise<void> => {
  await until(
    () => stdout().includes(UP),
    () => child.exitCode !== null || child.signalCode !== null,
  );
  if (!stdout().includes(UP)) throw new Error(`slipway dev ended with ${await exit}:\n${stderr()}`);
};

/** Gone, or waiting for its parent to notice. */
export const hasEnded = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  return existsSync('/proc/self/stat') && /^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
};

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
}

export const slipway = (words: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCommand => {
  const child = spawn(process.execPath, [CLI, ...words], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const exit = once(child, 'close').then(([code, signal]) => (code as number | null) ?? (signal as string));
  return { child, stdout: () => out, stderr: () => err, exit };
};

export interface DevScene {
  readonly home: string;
  /** Starts `slipway dev` in this home, and waits until it says that it is ready. */
  start(words?: readonly string[]): Promise<RunningCommand>;
  state(): DevState;
  pidOf(name: string): number;
  /** How often a process has become ready. */
  readied(command: RunningCommand, name: string): number;
  close(): Promise<void>;
}

export const openDevScene = (): DevScene => {
  const home = newFolder();
  const commands: RunningCommand[] = [];
  const state = (): DevState => JSON.parse(readFileSync(join(home, 'dev.json'), 'utf8')) as DevState;
  return {
    home,
    state,
    start: async (words = []) => {
      const command = slipway(['dev', '--home', home, ...words]);
      commands.push(command);
      await untilReady(command);
      return command;
    },
    pidOf: (name) => state().processes.find((one) => one.name === name)?.pid ?? 0,
    readied: (command, name) => command.stderr().split(`${name} is ready`).length - 1,
    close: async () => {
      for (const { child, exit } of commands) {
        child.kill('SIGTERM');
        await exit;
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
};
