import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { StepCommand } from '../../ports/stepRunner.js';
import { createOutputLog } from '../../domain/release/outputLog.js';
import { untilStopped } from '../../transport/untilStopped.js';
import { handOver } from './handOver.js';
import { signalGroup } from './processTree.js';

export interface ProgramCall {
  /** Program and arguments; no shell reads them. */
  readonly argv: readonly string[];
  readonly directory: string;
  /** All that its environment holds, besides the names of its secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: NonNullable<StepCommand['secrets']>;
  readonly input: unknown;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL, milliseconds. */
  readonly graceMs?: number;
}

export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly lastLines: string }
  /** It did not end by itself, said too much, or was never there. */
  | { readonly kind: 'failed'; readonly reason: string; readonly lastLines: string };

const GRACE_MS = 2_000;
/** How long output may still come after the program has ended. */
const DRAIN_MS = 1_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const FIRST_SECRET = 3;

/**
 * Runs a program of the operator: one JSON document in, one out. It is the leader of a process group of its own, and what
 * is left of the group ends with it; what should stay has to be in a session of its own.
 */
export const runProgram = async (call: ProgramCall): Promise<ProgramEnd> => {
  const [file, ...args] = call.argv;
  const handed = await handOver(call.secrets, FIRST_SECRET);
  let child: ChildProcess;
  let ended: Promise<Exit>;
  try {
    child = spawn(file!, args, {
      cwd: call.directory,
      env: { ...call.env, ...handed.env },
      detached: true,
      shell: false,
      stdio: ['pipe', 'pipe', 'pipe', ...handed.descriptors],
    });
    // At once: a short program has ended before the files of its secrets are closed.
    ended = exitOf(child);
  } finally {
    await handed.close();
  }
  const errors = createOutputLog(() => undefined);
  const output = collect(child, MAX_OUTPUT_BYTES);
  child.stderr?.on('data', errors.write);
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  child.stdin?.end(JSON.stringify(call.input));
  const stop = async (): Promise<void> => {
    if (child.pid === undefined) return;
    signalGroup(child.pid, 'SIGTERM');
    await Promise.race([ended, delay(call.graceMs ?? GRACE_MS, undefined, { ref: false })]);
    signalGroup(child.pid, 'SIGKILL');
  };
  const { end, timedOut } = await untilStopped(ended, { ...call, signal: output.tooMuch, stop });
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
  await drain(child);
  const lastLines = errors.summary().tail.trim();
  const failed = (reason: string): ProgramEnd => ({ kind: 'failed', reason, lastLines });
  if (output.tooMuch.aborted) return failed(`said more than ${MAX_OUTPUT_BYTES} bytes`);
  if (timedOut) return failed(`did not end within ${call.timeoutMs / 1000} s`);
  if (end.kind === 'unstarted') return failed(`cannot be started: ${end.reason}`);
  if (end.code === null) return failed(`was ended by ${end.signal}`);
  return { kind: 'exited', code: end.code, stdout: output.text(), lastLines };
};

type Exit =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  | { readonly kind: 'unstarted'; readonly reason: string };

const exitOf = (child: ChildProcess): Promise<Exit> =>
  new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ kind: 'unstarted', reason: message }));
    child.once('exit', (code, signal) => resolve({ kind: 'exited', code, signal }));
  });

const collect = (child: ChildProcess, most: number): { readonly tooMuch: AbortSignal; text(): string } => {
  const chunks: Buffer[] = [];
  const over = new AbortController();
  let bytes = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most) over.abort();
    else chunks.push(chunk);
  });
  return { tooMuch: over.signal, text: () => Buffer.concat(chunks).toString('utf8') };
};

const drain = async (child: ChildProcess): Promise<void> => {
  const open = child.pid !== undefined && [child.stdout, child.stderr].some((stream) => stream?.closed !== true);
  if (open) await Promise.race([once(child, 'close'), delay(DRAIN_MS, undefined, { ref: false })]);
  for (const stream of child.stdio) stream?.destroy();
};
