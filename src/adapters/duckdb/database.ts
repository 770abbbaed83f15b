import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SlipwayError } from '../../domain/errors/slipwayError.js';

export type Value = number | string | null;

export interface QueryResult {
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly Value[]>>;
}

/** An in-memory database for one piece of work, with bounded memory; nothing is fetched or loaded from outside. */
export const withDatabase = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '512MB',
    threads: '2',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};

/** Values of some thousand rows, by column in the order of the query. */
export type TakeChunk = (columns: readonly (readonly Value[])[]) => void | Promise<void>;

/**
 * Takes a query's answer over in chunks of some thousand rows, between which other work has its turn; numbers must be
 * cast to DOUBLE in the query.
 *
 * @param mostRows a longer answer is an error, `too_large`
 * @returns the names of the columns
 */
export const streamAnswer = async (
  connection: DuckDBConnection,
  sql: string,
  mostRows: number,
  take: TakeChunk,
): Promise<readonly string[]> => {
  const result = await connection.stream(sql);
  const names = result.columnNames();
  let rows = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return names;
    rows += chunk.rowCount;
    if (rows > mostRows) throw new SlipwayError('too_large', `the answer has more than ${mostRows} rows`);
    await take(
      names.map((_, index) =>
        chunk
          .getColumnValues(index)
          .map((value) => (typeof value === 'number' || typeof value === 'string' ? value : null)),
      ),
    );
  }
};

/** The whole of an answer, columns by name. */
export const readAnswer = async (
  connection: DuckDBConnection,
  sql: string,
  mostRows = Number.POSITIVE_INFINITY,
): Promise<QueryResult> => {
  const columns: Value[][] = [];
  const names = await streamAnswer(connection, sql, mostRows, (chunk) =>
    chunk.forEach((values, index) => {
      const column = (columns[index] ??= []);
      for (const value of values) column.push(value);
    }),
  );
  return {
    rows: columns[0]?.length ?? 0,
    columns: Object.fromEntries(names.map((name, index) => [name, columns[index] ?? []])),
  };
};

export const runQuery = (sql: string): Promise<QueryResult> =>
  withDatabase((connection) => readAnswer(connection, sql));

/** A path or text as a SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name of a column as a SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
