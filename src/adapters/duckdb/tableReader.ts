import { resolve } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { TableReader } from '../../ports/tableReader.js';
import type { TableLimits, TableQuestion } from './readTable.js';
import { startTableProcess, type Outcome, type TableProcess } from './tableProcess.js';

export interface TableReaderOptions {
  readonly limits?: TableLimits;
  /** All memory that one process may allocate, MiB. */
  readonly memoryMiB?: number;
  /** For one table, milliseconds. */
  readonly timeoutMs?: number;
  /** Where the processes' empty folders are made. */
  readonly scratch?: string;
}

/** Together 600 MB of numbers, or 256 MiB of text: two tables of this size fit into a worker as Node.js starts it. */
const LIMITS: TableLimits = { cells: 25_000_000, textBytes: 256 * 1024 ** 2 };

/** A process may have been ended for the sake of others; one that ends each time does so because of the table. */
const TRIES = 3;
/** More at a time wait. */
const PROCESSES = 2;

/**
 * Reads tables with DuckDB in processes of their own, which are kept: DuckDB is native code that reads what a model's
 * repository made, and nested or damaged files can crash it. That takes the process with it, and never the worker.
 */
export const createDuckdbTableReader = (options: TableReaderOptions = {}): TableReader => {
  const { limits = LIMITS, memoryMiB = 2_048, timeoutMs = 600_000, scratch } = options;
  const idle: TableProcess[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;

  const take = async (): Promise<TableProcess> => {
    while (busy >= PROCESSES) await new Promise<void>((go) => waiting.push(go));
    busy += 1;
    for (let process = idle.pop(); process !== undefined; process = idle.pop()) if (!process.ended) return process;
    return startTableProcess(memoryMiB, scratch);
  };
  const giveBack = (process: TableProcess, isSound: boolean): void => {
    busy -= 1;
    if (isSound && !process.ended) idle.push(process);
    else process.end();
    waiting.shift()?.();
  };
  const ask = async (question: TableQuestion, signal?: AbortSignal): Promise<Outcome> => {
    const process = await take();
    let outcome: Outcome | undefined;
    try {
      return (outcome = await process.ask(question, timeoutMs, signal));
    } finally {
      giveBack(process, outcome !== undefined && outcome.kind !== 'crashed');
    }
  };
  return {
    read: async (path, columns, { limit, signal } = {}) => {
      const question = { path: resolve(path), columns, limits, ...(limit === undefined ? {} : { limit }) };
      for (let tried = 1; ; tried += 1) {
        const outcome = await ask(question, signal);
        if (outcome.kind === 'read')
          return Object.fromEntries(columns.map((name, index) => [name, outcome.columns[index] ?? []]));
        if (outcome.kind === 'invalid') throw new SlipwayError('table_invalid', outcome.message, outcome.details);
        if (tried === TRIES)
          throw new SlipwayError(
            'table_invalid',
            `the table cannot be read: the process that reads it ended with ${outcome.how}, ${TRIES} times`,
          );
      }
    },
  };
};
