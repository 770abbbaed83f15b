import type { DuckDBConnection } from '@duckdb/node-api';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { identifier, literal, readAnswer, streamAnswer, withDatabase, type TakeChunk } from './database.js';

export interface TableLimits {
  /** Rows times columns of one reading. A number takes up to 24 bytes in JavaScript. */
  readonly cells: number;
  /** Of all texts of one reading, each with what JavaScript needs to hold it. */
  readonly textBytes: number;
}

const BYTES_PER_TEXT = 32;

export interface TableQuestion {
  readonly path: string;
  readonly columns: readonly string[];
  /** Rows at most; all of them where it is left out. */
  readonly limit?: number;
  readonly limits: TableLimits;
}

/**
 * Reads a table with DuckDB, a chunk of some thousand rows at a time; the format follows from the extension. A file of
 * some hundred kilobytes can hold hundreds of millions of rows: DuckDB is asked how much there is before any of it is
 * taken over. Errors: `table_invalid`.
 */
export const readTable = (question: TableQuestion, take: TakeChunk): Promise<void> =>
  withDatabase(async (connection) => {
    try {
      await readColumns(connection, question, take);
    } catch (cause) {
      if (cause instanceof SlipwayError) throw cause;
      throw new SlipwayError('table_invalid', `the table cannot be read: ${firstLine(cause)}`, {}, { cause });
    }
  });

const readColumns = async (
  connection: DuckDBConnection,
  { path, columns, limit, limits }: TableQuestion,
  take: TakeChunk,
): Promise<void> => {
  const source = sourceOf(path);
  const { columns: described } = await readAnswer(
    connection,
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${source})`,
  );
  const types = new Map(
    (described['column_name'] ?? []).map((name, row) => [String(name), String(described['column_type']?.[row])]),
  );
  const missing = columns.filter((column) => !types.has(column));
  if (missing.length > 0)
    throw new SlipwayError('table_invalid', `the table lacks the columns ${missing.join(', ')}`, { missing });
  const selected = columns.map((column) => `${expressionOf(column, types.get(column) ?? '')} AS ${identifier(column)}`);
  const query = `SELECT ${selected.join(', ')} FROM ${source}${limit === undefined ? '' : ` LIMIT ${Math.trunc(limit)}`}`;
  const rows = await numberOf(connection, `SELECT count(*) FROM (${query})`);
  // What the file says of itself may be wrong: no more than that is taken over.
  const mostRows = Math.floor(limits.cells / Math.max(1, columns.length));
  if (rows > mostRows) throw tooManyCells(rows, columns.length, limits);
  const texts = columns.filter((column) => isText(types.get(column) ?? '')).map(identifier);
  if (texts.length > 0) {
    const lengths = texts.map((text) => `coalesce(sum(strlen(${text}) + ${BYTES_PER_TEXT}), 0)`);
    const bytes = await numberOf(connection, `SELECT ${lengths.join(' + ')} FROM (${query})`);
    if (bytes > limits.textBytes)
      throw new SlipwayError(
        'table_invalid',
        `the texts of the table take ${bytes} bytes, more than the ${limits.textBytes} that are read: sample it, or write numbers`,
        { bytes, most: limits.textBytes },
      );
  }
  try {
    await streamAnswer(connection, query, mostRows, take);
  } catch (cause) {
    if (cause instanceof SlipwayError && cause.code === 'too_large')
      throw tooManyCells(mostRows + 1, columns.length, limits);
    throw cause;
  }
};

const numberOf = async (connection: DuckDBConnection, query: string): Promise<number> => {
  const { columns } = await readAnswer(connection, `SELECT CAST((${query}) AS DOUBLE) AS answer`);
  return Number(columns['answer']?.[0]);
};

const tooManyCells = (rows: number, columns: number, { cells }: TableLimits): SlipwayError =>
  new SlipwayError(
    'table_invalid',
    `the table has ${rows} rows or more of ${columns} columns, and at most ${cells} values are read: sample it`,
    { rows, columns, most: cells },
  );

const sourceOf = (path: string): string => {
  const name = path.toLowerCase();
  if (name.endsWith('.parquet')) return `read_parquet(${literal(path)})`;
  // All rows decide the types, so that a late odd value cannot fail the read half way.
  if (name.endsWith('.csv')) return `read_csv(${literal(path)}, header = true, sample_size = -1)`;
  if (name.endsWith('.ndjson') || name.endsWith('.jsonl'))
    return `read_json(${literal(path)}, format = 'newline_delimited')`;
  throw new SlipwayError('table_invalid', 'a table is .parquet, .csv, .ndjson or .jsonl');
};

const TIME = /^(TIMESTAMP|DATE)/;
const NUMBER = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL|REAL)/;

const isText = (type: string): boolean => !TIME.test(type) && type !== 'BOOLEAN' && !NUMBER.test(type);

/** Times become epoch milliseconds, truth values 0 and 1, all numbers doubles, everything else text. */
const expressionOf = (column: string, type: string): string => {
  const name = identifier(column);
  if (TIME.test(type)) return `CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE)`;
  if (type === 'BOOLEAN') return `CAST(CAST(${name} AS INTEGER) AS DOUBLE)`;
  if (NUMBER.test(type)) return `CAST(${name} AS DOUBLE)`;
  return `CAST(${name} AS VARCHAR)`;
};

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
