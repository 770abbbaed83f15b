import type { DuckDBConnection } from '@duckdb/node-api';
import type { DriftWindow } from '../../domain/drift/types.js';
import type { FeatureType, SignatureSpec } from '../../domain/spec/types.js';
import { identifier, literal } from './database.js';
import { ofCallers } from './ofCallers.js';

const TYPES: Readonly<Record<FeatureType, string>> = { number: 'DOUBLE', integer: 'BIGINT', string: 'VARCHAR' };

/**
 * Joins predictions and labels into a Parquet file without reading a row into JavaScript. A feature that no segment
 * has is a column of nulls; hashes and dropped values are left out.
 *
 * @param predictions,labels sources of SQL, as `read_parquet(...)`
 */
export const exportLabelled = async (
  connection: DuckDBConnection,
  predictions: string,
  labels: string,
  windows: readonly DriftWindow[],
  signature: SignatureSpec,
  path: string,
): Promise<{ readonly rows: number }> => {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${predictions}`);
  const present = new Set(described.getRowObjectsJS().map((row) => String(row['column_name'])));
  const features = signature.features
    .filter((feature) => feature.log === 'value')
    .map((feature) => {
      const column = `f_${feature.name}`;
      const value = present.has(column) ? `p.${identifier(column)}` : 'NULL';
      return `TRY_CAST(${value} AS ${TYPES[feature.type]}) AS ${identifier(feature.name)}`;
    });
  const within = windows.map(
    ({ start, end }) => `(p.event_time >= ${Math.trunc(start)} AND p.event_time < ${Math.trunc(end)})`,
  );
  const query = `SELECT ${[...features, `CAST(l.label AS INTEGER) AS ${identifier(signature.label)}`, `CAST(p.event_time AS BIGINT) AS ${identifier(signature.eventTime)}`].join(', ')}
    FROM ${predictions} p JOIN ${labels} l USING (prediction_id)
    WHERE l.label IN (0, 1) AND ${ofCallers('p.route')} AND (${within.join(' OR ') || 'false'})
    ORDER BY p.event_time, p.prediction_id`;
  await connection.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet, COMPRESSION snappy)`);
  const counted = await connection.runAndReadAll(
    `SELECT CAST(count(*) AS DOUBLE) AS rows FROM read_parquet(${literal(path)})`,
  );
  return { rows: Number(counted.getRowObjectsJS()[0]?.['rows'] ?? 0) };
};
