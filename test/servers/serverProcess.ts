/** One server process of a test: started, awaited by its real protocol, killed, started again. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dieWithParent, type ServerCommand } from '../../src/supervisor/serverCommand.js';

const READY_MS = 60_000;
const STOP_MS = 10_000;
const KEPT_LOG = 64 * 1024;

export interface ServerProcess {
  readonly pid: number;
  /** Last output of the process, for messages. */
  log(): string;
  /** Orderly end (SIGTERM), or SIGKILL when that takes too long. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** Starts it again, on the same ports and files, after `stop` or `kill9`; ends it first when it still runs. */
  restart(): Promise<void>;
}

export interface ServerStart {
  readonly name: string;
  readonly command: ServerCommand;
  readonly ready: (signal: AbortSignal) => Promise<void>;
}

/** A server together with its addresses; what changes with a restart (`pid`) stays live. */
export const withAddresses = <T extends object>(server: ServerProcess, addresses: T): ServerProcess & T =>
  Object.defineProperties({ ...addresses } as ServerProcess & T, Object.getOwnPropertyDescriptors(server));

export const startServerProcess = async (start: ServerStart): Promise<ServerProcess> => {
  let running = await launch(start);
  return {
    get pid() {
      return running.child.pid ?? -1;
    },
    log: () => running.log(),
    stop: () => end(running.child, 'SIGTERM'),
    kill9: () => end(running.child, 'SIGKILL'),
    restart: async () => {
      await end(running.child, 'SIGTERM');
      running = await launch(start);
    },
  };
};

interface Running {
  readonly child: ChildProcess;
  readonly log: () => string;
}

/** Where the kernel does not end them with their parent, an orderly end of the test process does. */
const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

const launch = async ({ name, command, ready }: ServerStart): Promise<Running> => {
  const guarded = dieWithParent(command);
  const child = spawn(guarded.command, [...guarded.args], {
    env: { ...serverEnvironment(), ...command.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-KEPT_LOG);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  children.add(child);
  child.once('exit', () => children.delete(child));
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), READY_MS);
  const gone = new Promise<never>((_, reject) => {
    const fail = (why: string): void => reject(new Error(`${name} ${why} before it was ready:\n${text}`));
    child.once('error', (error) => fail(`did not start (${error.message})`));
    child.once('exit', (code, signal) => fail(`ended (${signal ?? code})`));
  });
  try {
    await Promise.race([ready(deadline.signal), gone]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    deadline.abort();
    clearTimeout(timer);
    gone.catch(() => undefined);
  }
  return { child, log: () => text };
};

const end = async (child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
};

/** What a server inherits: nothing that could change how it behaves. */
const serverEnvironment = (): Record<string, string> => {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
};
