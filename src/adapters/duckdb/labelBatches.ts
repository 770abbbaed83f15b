import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { LabelRow } from '../../ports/inferenceLog.js';
import { literal, withDatabase } from './database.js';
import { labelPrefix } from './segments.js';

const COLUMNS = "{prediction_id: 'VARCHAR', label: 'INTEGER', observed_at: 'BIGINT', arrival_time: 'BIGINT'}";

/**
 * Stores a batch of labels as one Parquet segment, filed by the day of its newest label. Where it is filed is settled
 * first, under the batch's ID: a repeat finds the same place, whatever it brings, and changes nothing there.
 */
export const appendBatch = async (
  store: BlobStore,
  scratch: string,
  owner: { readonly model: string; readonly environment: string },
  batchId: string,
  labels: readonly LabelRow[],
): Promise<void> => {
  const name = createHash('sha256').update(batchId).digest('hex').slice(0, 32);
  const newest = labels.reduce((latest, label) => Math.max(latest, label.observedAt), 0);
  const proposed = `${labelPrefix(owner.model, owner.environment)}${new Date(newest).toISOString().slice(0, 10)}/${name}.parquet`;
  const key = await settle(store, `label-batches/${owner.model}/${owner.environment}/${name}`, proposed);
  await writeOnce(store, key, await encode(scratch, labels));
};

const settle = async (store: BlobStore, marker: string, proposed: string): Promise<string> => {
  try {
    await store.createDocument(marker, new TextEncoder().encode(proposed));
    return proposed;
  } catch (error) {
    if (!isTaken(error)) throw error;
    const settled = await store.getDocument(marker);
    if (settled === undefined) throw error;
    return new TextDecoder().decode(settled);
  }
};

const writeOnce = async (store: BlobStore, key: string, body: Uint8Array): Promise<void> => {
  try {
    await store.createDocument(key, body);
  } catch (error) {
    // The same batch sent twice: what is stored stays.
    if (!isTaken(error)) throw error;
  }
};

const isTaken = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'precondition_failed';

const encode = async (scratch: string, labels: readonly LabelRow[]): Promise<Uint8Array> => {
  await mkdir(scratch, { recursive: true });
  const directory = await mkdtemp(join(scratch, 'labels-'));
  try {
    const source = join(directory, 'labels.ndjson');
    const target = join(directory, 'labels.parquet');
    const arrival_time = Date.now();
    const lines = labels.map((row) =>
      JSON.stringify({ prediction_id: row.predictionId, label: row.label, observed_at: row.observedAt, arrival_time }),
    );
    await writeFile(source, lines.join('\n'));
    await withDatabase((connection) =>
      connection.run(
        `COPY (SELECT * FROM read_json(${literal(source)}, format = 'newline_delimited', columns = ${COLUMNS})) TO ${literal(target)} (FORMAT parquet)`,
      ),
    );
    return await readFile(target);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};
