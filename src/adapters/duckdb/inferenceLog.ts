import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DriftWindow } from '../../domain/drift/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { FeatureSpec } from '../../domain/spec/types.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { InferenceLog, LabelRow, LoggedRows } from '../../ports/inferenceLog.js';
import { identifier, literal, withDatabase } from './database.js';
import { exportLabelled } from './exportLabelled.js';
import { labelPrefix, listSegments, mayHold, predictionPrefix } from './segments.js';

const PARALLEL = 8;

/**
 * The prediction log and its labels, as Parquet segments in the store. Segments are immutable, so each is fetched
 * once into `cacheDirectory` and read by DuckDB from there.
 */
export const createDuckdbInferenceLog = (store: BlobStore, cacheDirectory: string): InferenceLog => {
  const local = (keys: readonly string[]): Promise<readonly string[]> => fetchAll(store, cacheDirectory, keys);
  const predictions = async (model: string, environment: string, window?: DriftWindow): Promise<readonly string[]> => {
    const keys = await listSegments(store, predictionPrefix(model, environment));
    return local(window === undefined ? keys : keys.filter((key) => mayHold(key, window)));
  };
  const extreme = async (model: string, environment: string, pick: 'min' | 'max'): Promise<number | undefined> => {
    const files = await predictions(model, environment);
    if (files.length === 0) return undefined;
    return withDatabase(async (connection) => {
      const reader = await connection.runAndReadAll(
        `SELECT CAST(${pick}(event_time) AS DOUBLE) AS at FROM ${tableOf(files)}`,
      );
      const at = reader.getRowObjectsJS()[0]?.['at'];
      return typeof at === 'number' ? at : undefined;
    });
  };
  return {
    read: async (model, environment, window, features) => {
      const files = await predictions(model, environment, window);
      const labels = await local(await listSegments(store, labelPrefix(model, environment)));
      return files.length === 0
        ? EMPTY
        : withDatabase((connection) => readWindow(connection, files, labels, window, features));
    },
    newestEventTime: (model, environment) => extreme(model, environment, 'max'),
    oldestEventTime: (model, environment) => extreme(model, environment, 'min'),
    exportLabelled: async (model, environment, windows, signature, path) => {
      const [first, last] = [windows[0], windows.at(-1)];
      if (first === undefined || last === undefined) return { rows: 0 };
      const files = await predictions(model, environment, { start: first.start, end: last.end });
      if (files.length === 0) return { rows: 0 };
      const labels = await local(await listSegments(store, labelPrefix(model, environment)));
      return withDatabase((connection) =>
        exportLabelled(connection, tableOf(files), truthOf(labels), windows, signature, path),
      );
    },
    appendLabels: async (model, environment, batchId, labels) => {
      if (labels.length === 0) return;
      const safe = createHash('sha256').update(batchId).digest('hex').slice(0, 32);
      const day = new Date(Math.max(...labels.map((label) => label.observedAt))).toISOString().slice(0, 10);
      await append(store, cacheDirectory, `${labelPrefix(model, environment)}${day}/${safe}.parquet`, labels);
    },
  };
};

const EMPTY: LoggedRows = {
  rows: 0,
  predictionId: [],
  eventTime: [],
  version: [],
  prediction: [],
  label: [],
  features: {},
};

const tableOf = (files: readonly string[]): string =>
  `read_parquet([${files.map(literal).join(', ')}], union_by_name = true)`;

/** A repeated label of one prediction counts once, as it was known last. */
const truthOf = (labels: readonly string[]): string =>
  labels.length === 0
    ? '(SELECT NULL::VARCHAR AS prediction_id, NULL::INTEGER AS label WHERE false)'
    : `(SELECT prediction_id, arg_max(label, observed_at) AS label FROM ${tableOf(labels)} GROUP BY prediction_id)`;

const readWindow = async (
  connection: DuckDBConnection,
  files: readonly string[],
  labels: readonly string[],
  window: DriftWindow,
  features: readonly FeatureSpec[],
): Promise<LoggedRows> => {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${tableOf(files)}`);
  const present = new Set(described.getRowObjectsJS().map((row) => String(row['column_name'])));
  const wanted = features.filter((feature) => present.has(`f_${feature.name}`));
  const columns = wanted.map((feature) => {
    const column = `p.${identifier(`f_${feature.name}`)}`;
    const cast = feature.type === 'string' || feature.log === 'hash' ? 'VARCHAR' : 'DOUBLE';
    return `CAST(${column} AS ${cast}) AS ${identifier(`f_${feature.name}`)}`;
  });
  const reader = await connection.runAndReadAll(
    `SELECT p.prediction_id, CAST(p.event_time AS DOUBLE) AS event_time, p.version, CAST(p.prediction AS DOUBLE) AS prediction,
       CAST(l.label AS DOUBLE) AS label${columns.map((column) => `, ${column}`).join('')}
     FROM ${tableOf(files)} p LEFT JOIN ${truthOf(labels)} l USING (prediction_id)
     WHERE p.event_time >= ${Math.trunc(window.start)} AND p.event_time < ${Math.trunc(window.end)}
     ORDER BY p.event_time, p.prediction_id`,
  );
  return toRows(reader.getColumnsObjectJS(), wanted);
};

const toRows = (
  columns: Readonly<Record<string, readonly unknown[]>>,
  features: readonly FeatureSpec[],
): LoggedRows => {
  const numbers = (name: string): readonly (number | null)[] =>
    (columns[name] ?? []).map((value) => (typeof value === 'number' ? value : null));
  const texts = (name: string): readonly string[] => (columns[name] ?? []).map(String);
  const values = (name: string): readonly (number | string | null)[] =>
    (columns[name] ?? []).map((value) => (typeof value === 'number' || typeof value === 'string' ? value : null));
  const predictionId = texts('prediction_id');
  return {
    rows: predictionId.length,
    predictionId,
    eventTime: numbers('event_time').map((value) => value ?? Number.NaN),
    version: texts('version'),
    prediction: numbers('prediction').map((value) => value ?? Number.NaN),
    label: numbers('label'),
    features: Object.fromEntries(features.map((feature) => [feature.name, values(`f_${feature.name}`)])),
  };
};

const fetchAll = async (
  store: BlobStore,
  cacheDirectory: string,
  keys: readonly string[],
): Promise<readonly string[]> => {
  await mkdir(cacheDirectory, { recursive: true });
  const paths: string[] = [];
  for (let from = 0; from < keys.length; from += PARALLEL) {
    paths.push(
      ...(await Promise.all(keys.slice(from, from + PARALLEL).map((key) => fetchOne(store, cacheDirectory, key)))),
    );
  }
  return paths;
};

const fetchOne = async (store: BlobStore, cacheDirectory: string, key: string): Promise<string> => {
  const path = join(cacheDirectory, `${createHash('sha256').update(key).digest('hex')}.parquet`);
  const cached = await access(path).then(
    () => true,
    () => false,
  );
  if (cached) return path;
  const body = await store.getDocument(key);
  if (body === undefined) throw new SlipwayError('not_found', `the segment ${key} has gone`);
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, body);
  await rename(partial, path);
  return path;
};

const append = async (
  store: BlobStore,
  cacheDirectory: string,
  key: string,
  labels: readonly LabelRow[],
): Promise<void> => {
  await mkdir(cacheDirectory, { recursive: true });
  const directory = await mkdtemp(join(cacheDirectory, 'labels-'));
  try {
    const source = join(directory, 'labels.ndjson');
    const target = join(directory, 'labels.parquet');
    const lines = labels.map((row) =>
      JSON.stringify({ prediction_id: row.predictionId, label: row.label, observed_at: row.observedAt }),
    );
    await writeFile(source, lines.join('\n'));
    await withDatabase(async (connection) => {
      const columns = "{prediction_id: 'VARCHAR', label: 'INTEGER', observed_at: 'BIGINT'}";
      await connection.run(
        `COPY (SELECT * FROM read_json(${literal(source)}, format = 'newline_delimited', columns = ${columns})) TO ${literal(target)} (FORMAT parquet)`,
      );
    });
    try {
      await store.createDocument(key, await readFile(target));
    } catch (error) {
      // The same batch sent twice: what is stored stays.
      if (!(error instanceof SlipwayError) || error.code !== 'precondition_failed') throw error;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
