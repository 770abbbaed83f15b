import assert from 'node:assert/strict';
import { parquetMetadata } from 'hyparquet';
import { DAY, type FerryRow } from '../fixtures/incidents/world.js';
import { FERRIES, type Product } from '../fixtures/product.js';
import { openBucket } from './bucket.js';

const ROWS_PER_REQUEST = 50;

/** Days of traffic through production, with what turned out true; returns when the store has all of it. */
export const sailDays = async (product: Product, rows: readonly FerryRow[]): Promise<void> => {
  const labels: { predictionId: string; label: number; observedAt: number }[] = [];
  const before = await loggedRows(product);
  for (let from = 0; from < rows.length; from += ROWS_PER_REQUEST) {
    const batch = rows.slice(from, from + ROWS_PER_REQUEST);
    const id = await predict(product, batch);
    labels.push(
      ...batch.map(({ late, eventTime }, row) => ({
        predictionId: `${id}#${row}`,
        label: late,
        observedAt: (Math.floor(eventTime / DAY) + 2) * DAY - 1,
      })),
    );
  }
  const path = `/api/v1/models/${FERRIES}/environments/production/labels`;
  const answer = await product.request('POST', path, 'oncall', { labels });
  assert.equal(answer.status, 202, await answer.text());
  while ((await loggedRows(product)) < before + rows.length) await new Promise((next) => setTimeout(next, 100));
};

const predict = async (product: Product, rows: readonly FerryRow[]): Promise<string> => {
  const tensor = (name: 'wind' | 'load') => ({
    name,
    datatype: 'FP32',
    shape: [rows.length, 1],
    data: rows.map((row) => row[name]),
  });
  const answer = await fetch(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      parameters: { event_time: rows[0]?.eventTime },
      inputs: [tensor('wind'), tensor('load')],
    }),
  });
  const body = (await answer.json()) as { parameters: { request_id: string } };
  assert.equal(answer.status, 200, JSON.stringify(body));
  return body.parameters.request_id;
};

/** Counted in the Parquet files of the prediction log. */
const loggedRows = async (product: Product): Promise<number> => {
  const store = openBucket(product, 'slipway');
  let rows = 0;
  for (const key of await store.keys(`inference/${FERRIES}/production/`)) {
    const bytes = await store.read(key);
    rows += Number(parquetMetadata(new Uint8Array(bytes).buffer).num_rows);
  }
  return rows;
};
