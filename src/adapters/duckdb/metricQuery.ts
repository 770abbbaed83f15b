import {
  DuckDBDecimalValue,
  StatementType,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBValue,
} from '@duckdb/node-api';
import { fillQuery, type QueryVariable } from '../../domain/rollout/fillQuery.js';
import { readNumber, unreadable, type MetricReading } from '../../domain/rollout/metricReading.js';
import { literal, withDatabase } from './database.js';
import { ofCallers } from './ofCallers.js';
import { tableOf, truthOf } from './readWindow.js';

export interface QueryVersion {
  readonly role: string;
  readonly version: string;
}

/** JSON-safe: it is asked in a process of its own. */
export interface MetricQueryQuestion {
  readonly sql: string;
  readonly model: string;
  readonly environment: string;
  readonly since: number;
  readonly until: number;
  readonly versions: readonly QueryVersion[];
  /** Local segments of the prediction log, and of labels. */
  readonly files: readonly string[];
  readonly labels: readonly string[];
}

/**
 * One SELECT of a model repository over `predictions`, once per version. Values are bound, never written into the text. The
 * database opens nothing but these files and cannot be told otherwise; what is no SELECT is not run, or it could write them.
 */
export const runMetricQuery = (question: MetricQueryQuestion): Promise<readonly MetricReading[]> =>
  withDatabase(async (connection) => {
    await confine(connection, question);
    const readings: MetricReading[] = [];
    for (const version of question.versions) readings.push(await askOne(connection, question, version));
    return readings;
  });

const confine = async (
  connection: DuckDBConnection,
  { files, labels, since, until }: MetricQueryQuestion,
): Promise<void> => {
  const paths = [...files, ...labels].map(literal).join(', ');
  await connection.run(`SET allowed_paths = [${paths}]`);
  await connection.run(`SET temp_directory = ''`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  await connection.run(
    `CREATE TEMP VIEW predictions AS SELECT p.*, l.label FROM ${tableOf(files)} p
     LEFT JOIN ${truthOf(labels)} l USING (prediction_id)
     WHERE ${ofCallers('p.route')} AND p.arrival_time >= ${Math.trunc(since)} AND p.arrival_time < ${Math.trunc(until)}`,
  );
};

const askOne = async (
  connection: DuckDBConnection,
  question: MetricQueryQuestion,
  version: QueryVersion,
): Promise<MetricReading> => {
  try {
    const prepared = await prepare(connection, question.sql);
    if (prepared === undefined) return unreadable('the query is not one SELECT');
    bindAll(prepared, question, version);
    const result = await prepared.stream();
    const names = result.columnNames();
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0)
      return { kind: 'insufficient_data', reason: 'the query answers no row' };
    if (chunk.rowCount > 1) return unreadable('the query answers several rows, and one is asked for: aggregate them');
    const cell = (name: string): DuckDBValue | undefined => {
      const index = names.indexOf(name);
      return index < 0 ? undefined : chunk.getColumnValues(index)[0];
    };
    const value = names.includes('value') ? cell('value') : names.length === 1 ? cell(names[0]!) : undefined;
    if (value === undefined) return unreadable('the query answers no column named value');
    // An aggregate of no rows, such as labels that have not come.
    if (value === null) return { kind: 'insufficient_data', reason: 'the query answers NULL' };
    return readNumber(plain(value), 'the answer', plain(cell('samples')));
  } catch (error) {
    return unreadable(`the query fails: ${firstLine(error)}`);
  }
};

/** Names in the text become named parameters; the second statement of two would be run without being looked at. */
const prepare = async (connection: DuckDBConnection, sql: string): Promise<DuckDBPreparedStatement | undefined> => {
  const statements = await connection.extractStatements(fillQuery(sql, (variable) => `$${variable}`));
  if (statements.count !== 1) return undefined;
  const prepared = await statements.prepare(0);
  return prepared.statementType === StatementType.SELECT ? prepared : undefined;
};

const bindAll = (
  prepared: DuckDBPreparedStatement,
  { model, environment, since, until }: MetricQueryQuestion,
  { role, version }: QueryVersion,
): void => {
  const texts: Readonly<Partial<Record<QueryVariable, string>>> = { model, environment, role, version };
  const numbers: Readonly<Partial<Record<QueryVariable, number>>> = { since, until, interval: (until - since) / 1000 };
  for (let index = 1; index <= prepared.parameterCount; index += 1) {
    const name = prepared.parameterName(index) as QueryVariable;
    const text = texts[name];
    const number = numbers[name];
    if (text !== undefined) prepared.bindVarchar(index, text);
    else if (number === undefined) throw new Error(`it asks for a value ${name} that nobody gives`);
    else if (name === 'interval') prepared.bindDouble(index, number);
    else prepared.bindBigInt(index, BigInt(Math.trunc(number)));
  }
};

const plain = (value: DuckDBValue | undefined): unknown => {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof DuckDBDecimalValue ? value.toDouble() : value;
};

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
