// The caller's side: an application that asks for predictions of real flights, and tells later what turned out true.
// It knows nothing of the model repository but the names and units of the features.
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const DAY_MS = 86_400_000;
const FILE = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data', 'flights-3m.parquet');

/**
 * Flights of [from, until) as a caller would have them before departure, by day, evenly spread over each day.
 * @param {{from: string, until: string, perDay: number}} range dates such as 2001-05-21
 * @returns {Promise<{day: number, rows: {eventTime: number, origin: string, destination: string, hour: number, weekday: number, distance: number, late: 0 | 1}[]}[]>}
 */
export const flightsByDay = async ({ from, until, perDay }) => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`
      WITH flights AS (
        SELECT DISTINCT * FROM read_parquet('${FILE.replaceAll("'", "''")}')
        WHERE date >= TIMESTAMP '${from}' AND date < TIMESTAMP '${until}' AND delay > -120
      ), numbered AS (
        SELECT *, row_number() OVER (PARTITION BY CAST(date AS DATE) ORDER BY date, origin, destination, delay) AS n,
          count(*) OVER (PARTITION BY CAST(date AS DATE)) AS total
        FROM flights
      )
      SELECT CAST(epoch_ms(date) AS DOUBLE) AS happened, origin, destination, CAST(distance AS DOUBLE) AS distance, CAST(delay >= 15 AS INTEGER) AS late
      FROM numbered WHERE n % greatest(1, total // ${perDay}) = 0 ORDER BY happened, origin, destination`);
    const days = new Map();
    for (const row of reader.getRowObjectsJS()) {
      const at = new Date(row.happened);
      const day = Math.floor(row.happened / DAY_MS) * DAY_MS;
      const rows = days.get(day) ?? [];
      days.set(day, rows);
      if (rows.length >= perDay) continue;
      rows.push({
        eventTime: row.happened,
        origin: row.origin,
        destination: row.destination,
        hour: Math.round((at.getUTCHours() + at.getUTCMinutes() / 60) * 100) / 100,
        weekday: at.getUTCDay(),
        distance: row.distance,
        late: row.late,
      });
    }
    return [...days.entries()].map(([day, rows]) => ({ day, rows }));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};

const TENSORS = [
  ['origin', 'BYTES'],
  ['destination', 'BYTES'],
  ['hour', 'FP32'],
  ['weekday', 'INT64'],
  ['distance', 'FP32'],
];

/** Rows as a request of the Open Inference Protocol v2. */
export const toRequest = (rows) => ({
  parameters: { event_time: rows[0].eventTime },
  inputs: TENSORS.map(([name, datatype]) => ({
    name,
    datatype,
    shape: [rows.length, 1],
    data: rows.map((row) => row[name]),
  })),
});

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** One request to the environment's public address. */
export const predict = (url, model, rows) =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify(toRequest(rows));
    const sent = request(
      `${url}/v2/models/${model}/infer`,
      {
        method: 'POST',
        agent,
        timeout: 30_000,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') }),
        );
        response.on('error', reject);
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer in 30 s')));
    sent.on('error', reject);
    sent.end(body);
  });

/** What the caller itself counted: its own word about failures and about which version answered. */
export const createTally = () => ({ requests: 0, failures: 0, rows: 0, byVersion: {}, firstFailure: undefined });

/**
 * Sends rows in requests of `perRequest`, and returns their prediction IDs with what turned out true.
 * @returns {Promise<{predictionId: string, label: 0 | 1, eventTime: number}[]>}
 */
export const send = async ({ url, model, rows, perRequest, tally, parallel = 4 }) => {
  const batches = [];
  for (let from = 0; from < rows.length; from += perRequest) batches.push(rows.slice(from, from + perRequest));
  const truths = [];
  const work = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      tally.requests += 1;
      const answer = await predict(url, model, batch).catch((error) => ({ status: 0, body: error.message }));
      if (answer.status !== 200) {
        tally.failures += 1;
        tally.firstFailure ??= `${answer.status} ${answer.body.slice(0, 200)}`;
        continue;
      }
      const parsed = JSON.parse(answer.body);
      tally.rows += batch.length;
      tally.byVersion[parsed.model_version] = (tally.byVersion[parsed.model_version] ?? 0) + 1;
      for (const [index, row] of batch.entries()) {
        truths.push({
          predictionId: `${parsed.parameters.request_id}#${index}`,
          label: row.late,
          eventTime: row.eventTime,
        });
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return truths;
};

export const closeConnections = () => agent.destroy();
