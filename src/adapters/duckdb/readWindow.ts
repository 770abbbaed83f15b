import type { DuckDBConnection } from '@duckdb/node-api';
import type { DriftWindow } from '../../domain/drift/types.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import type { LoggedRows } from '../../ports/inferenceLog.js';
import { identifier, literal, readAnswer } from './database.js';
import { ofCallers } from './ofCallers.js';

export const NO_ROWS: LoggedRows = {
  rows: 0,
  windowRows: 0,
  predictionId: [],
  eventTime: [],
  version: [],
  prediction: [],
  label: [],
  features: {},
};

export const tableOf = (files: readonly string[]): string =>
  `read_parquet([${files.map(literal).join(', ')}], union_by_name = true)`;

/** A repeated label of one prediction counts once, as it was known last. */
export const truthOf = (labels: readonly string[]): string =>
  labels.length === 0
    ? '(SELECT NULL::VARCHAR AS prediction_id, NULL::INTEGER AS label WHERE false)'
    : `(SELECT prediction_id, arg_max(label, observed_at) AS label FROM ${tableOf(labels)} GROUP BY prediction_id)`;

/** Rows of a window with their labels, ordered by event time. A feature that no segment has is left out. */
export const readWindow = async (
  connection: DuckDBConnection,
  files: readonly string[],
  labels: readonly string[],
  window: DriftWindow,
  features: readonly FeatureSpec[],
  most?: number,
): Promise<LoggedRows> => {
  const { columns: described } = await readAnswer(
    connection,
    `SELECT column_name FROM (DESCRIBE SELECT * FROM ${tableOf(files)})`,
  );
  const present = new Set(described['column_name']);
  const logged = features.filter((feature) => present.has(`f_${feature.name}`));
  const values = logged.map((feature) => {
    const column = identifier(`f_${feature.name}`);
    // A value that an earlier version logged in another type is missing, not an error.
    const type = feature.type === 'string' || feature.log === 'hash' ? 'VARCHAR' : 'DOUBLE';
    return `, TRY_CAST(p.${column} AS ${type}) AS ${column}`;
  });
  const within = `${ofCallers('p.route')} AND p.event_time >= ${Math.trunc(window.start)} AND p.event_time < ${Math.trunc(window.end)}`;
  const counted = most === undefined ? undefined : await countRows(connection, files, within);
  const step = counted === undefined || most === undefined ? 1 : Math.max(1, Math.ceil(counted / most));
  const { rows, columns } = await readAnswer(
    connection,
    `SELECT p.prediction_id, CAST(p.event_time AS DOUBLE) AS event_time, p.version, CAST(p.prediction AS DOUBLE) AS prediction,
       CAST(l.label AS DOUBLE) AS label${values.join('')}
     FROM ${tableOf(files)} p LEFT JOIN ${truthOf(labels)} l USING (prediction_id)
     WHERE ${within}${step === 1 ? '' : everyNth(files, within, step)}
     ORDER BY p.event_time, p.prediction_id`,
  );
  return {
    rows,
    windowRows: counted ?? rows,
    predictionId: texts(columns['prediction_id']),
    eventTime: numbers(columns['event_time']).map((value) => value ?? Number.NaN),
    version: texts(columns['version']),
    prediction: numbers(columns['prediction']).map((value) => value ?? Number.NaN),
    label: numbers(columns['label']),
    features: Object.fromEntries(logged.map((feature) => [feature.name, columns[`f_${feature.name}`] ?? []])),
  };
};

const countRows = async (connection: DuckDBConnection, files: readonly string[], within: string): Promise<number> => {
  const { columns } = await readAnswer(
    connection,
    `SELECT CAST(count(*) AS DOUBLE) AS rows FROM ${tableOf(files)} p WHERE ${within}`,
  );
  return Number(columns['rows']?.[0] ?? 0);
};

/** Places are counted over IDs and times alone: the features of all rows need not be held for it. */
const everyNth = (files: readonly string[], within: string, step: number): string =>
  ` AND p.prediction_id IN (SELECT prediction_id FROM (
       SELECT p.prediction_id, row_number() OVER (ORDER BY p.event_time, p.prediction_id) AS place
       FROM ${tableOf(files)} p WHERE ${within}) WHERE place % ${step} = 1)`;

type Column = readonly (number | string | null)[] | undefined;

const numbers = (column: Column): readonly (number | null)[] =>
  (column ?? []).map((value) => (typeof value === 'number' ? value : null));

/** Few different texts repeat over many rows (versions): each is kept once. */
const texts = (column: Column): readonly string[] => {
  const kept = new Map<string, string>();
  return (column ?? []).map((value) => {
    const text = String(value);
    const known = kept.get(text);
    if (known !== undefined) return known;
    if (kept.size < 1_000) kept.set(text, text);
    return text;
  });
};
