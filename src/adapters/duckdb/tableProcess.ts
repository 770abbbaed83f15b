import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { spawnUntrusted } from '../../transport/untrustedChild.js';
import type { Value } from './database.js';
import type { TableQuestion } from './readTable.js';
import { unpackInto, type TableAnswer } from './tableProtocol.js';

const CHILD = fileURLToPath(new URL('./tableChild.js', import.meta.url));

/** How a question ended; after `crashed` the process is no more. */
export type Outcome =
  | { readonly kind: 'read'; readonly columns: readonly (readonly Value[])[] }
  | { readonly kind: 'invalid'; readonly message: string; readonly details: Readonly<Record<string, unknown>> }
  | { readonly kind: 'crashed'; readonly how: string };

/** A process that reads tables, one at a time. It does not keep ours alive while it has nothing to do. */
export interface TableProcess {
  /** Rejects with the reason of the signal. */
  ask(question: TableQuestion, timeoutMs: number, signal?: AbortSignal): Promise<Outcome>;
  readonly ended: boolean;
  end(): void;
}

/** @param scratch where its empty folder is made */
export const startTableProcess = (memoryMiB: number, scratch?: string): TableProcess => {
  const child = spawnUntrusted(CHILD, memoryMiB, scratch);
  let ended = false;
  let unstarted: Error | undefined;
  child.once('exit', () => (ended = true));
  child.once('error', (error) => {
    ended = true;
    unstarted = error;
  });
  rest(child);
  return {
    get ended() {
      return ended;
    },
    end: () => void child.kill('SIGKILL'),
    ask: async (question, timeoutMs, signal) => {
      signal?.throwIfAborted();
      child.ref();
      child.channel?.ref();
      const kill = (): void => void child.kill('SIGKILL');
      let isOverdue = false;
      const overdue = setTimeout(() => {
        isOverdue = true;
        kill();
      }, timeoutMs);
      signal?.addEventListener('abort', kill);
      try {
        const outcome = await exchange(child, question);
        signal?.throwIfAborted();
        if (unstarted !== undefined)
          throw new SlipwayError(
            'internal',
            'the process that reads tables could not be started',
            {},
            { cause: unstarted },
          );
        if (outcome.kind !== 'crashed' || !isOverdue) return outcome;
        return { kind: 'invalid', message: `the table was not read in ${timeoutMs / 1000} s`, details: {} };
      } finally {
        clearTimeout(overdue);
        signal?.removeEventListener('abort', kill);
        rest(child);
      }
    },
  };
};

const rest = (child: ChildProcess): void => {
  child.unref();
  child.channel?.unref();
};

const exchange = (child: ChildProcess, question: TableQuestion): Promise<Outcome> =>
  new Promise((resolve) => {
    const columns: Value[][] = question.columns.map(() => []);
    const settle = (outcome: Outcome): void => {
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(outcome);
    };
    const onMessage = (answer: TableAnswer): void => {
      if (answer.kind === 'chunk') answer.columns.forEach((packed, index) => unpackInto(columns[index]!, packed));
      else settle(answer.kind === 'done' ? { kind: 'read', columns } : answer);
    };
    const onExit = (code: number | null, signal: string | null): void =>
      settle({ kind: 'crashed', how: signal ?? `code ${code}` });
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(question, (error) => {
      // It ended before it was asked; where it ends now, its exit says how.
      if (error !== null && (child.exitCode !== null || child.signalCode !== null || child.pid === undefined))
        onExit(child.exitCode, child.signalCode);
    });
  });
