import type { DuckDBConnection } from '@duckdb/node-api';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Columns, TableReader } from '../../ports/tableReader.js';
import { identifier, literal, readAnswer, withDatabase } from './database.js';

/** Reads tables with DuckDB; the format follows from the extension. */
export const createDuckdbTableReader = (): TableReader => ({
  read: (path, columns, options = {}) =>
    withDatabase(async (connection) => {
      try {
        return await readColumns(connection, path, columns, options.limit);
      } catch (cause) {
        if (cause instanceof SlipwayError) throw cause;
        throw new SlipwayError('table_invalid', `the table cannot be read: ${firstLine(cause)}`, {}, { cause });
      }
    }),
});

const readColumns = async (
  connection: DuckDBConnection,
  path: string,
  columns: readonly string[],
  limit?: number,
): Promise<Columns> => {
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
  const read = await readAnswer(
    connection,
    `SELECT ${selected.join(', ')} FROM ${source}${limit === undefined ? '' : ` LIMIT ${Math.trunc(limit)}`}`,
  );
  return read.columns;
};

const sourceOf = (path: string): string => {
  const name = path.toLowerCase();
  if (name.endsWith('.parquet')) return `read_parquet(${literal(path)})`;
  // All rows decide the types, so that a late odd value cannot fail the read half way.
  if (name.endsWith('.csv')) return `read_csv(${literal(path)}, header = true, sample_size = -1)`;
  if (name.endsWith('.ndjson') || name.endsWith('.jsonl'))
    return `read_json(${literal(path)}, format = 'newline_delimited')`;
  throw new SlipwayError('table_invalid', 'a table is .parquet, .csv, .ndjson or .jsonl');
};

/** Times become epoch milliseconds, truth values 0 and 1, all numbers doubles, everything else text. */
const expressionOf = (column: string, type: string): string => {
  const name = identifier(column);
  if (/^(TIMESTAMP|DATE)/.test(type)) return `CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE)`;
  if (type === 'BOOLEAN') return `CAST(CAST(${name} AS INTEGER) AS DOUBLE)`;
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL|REAL)/.test(type)) return `CAST(${name} AS DOUBLE)`;
  return `CAST(${name} AS VARCHAR)`;
};

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
