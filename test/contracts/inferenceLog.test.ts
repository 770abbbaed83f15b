import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDuckdbInferenceLog } from '../../src/adapters/duckdb/inferenceLog.js';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import type { FeatureSpec, SignatureSpec } from '../../src/domain/spec/types.js';
import type { BlobStore } from '../../src/ports/blobStore.js';
import type { InferenceLog } from '../../src/ports/inferenceLog.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createMemoryInferenceLog, type LoggedRow } from '../fakes/memoryInferenceLog.js';
import { writeSegment } from '../fixtures/segments.js';
import { startMinio } from '../servers/objectStores.js';

interface Harness {
  readonly log: InferenceLog;
  write(model: string, rows: readonly LoggedRow[], arrival: number): Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2001-03-05T00:00:00Z');
const features: readonly FeatureSpec[] = [
  { name: 'distance', type: 'number', log: 'value' },
  { name: 'origin', type: 'string', log: 'value' },
  { name: 'never', type: 'number', log: 'drop' },
];
const signature: SignatureSpec = { features, prediction: 'probability', label: 'late', eventTime: 'event_time' };
const row = (id: string, eventTime: number, version = 'v1'): LoggedRow => ({
  predictionId: id,
  eventTime,
  version,
  prediction: 0.25,
  features: { distance: id.endsWith('3') ? null : 100, origin: 'ATL' },
});

/** What every InferenceLog does, fake or real. */
const describeInferenceLog = (name: string, open: (directory: string) => Promise<Harness>): void => {
  describe(`InferenceLog contract: ${name}`, () => {
    let directory: string;
    let harness: Harness;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'slipway-log-'));
      harness = await open(directory);
    });
    after(() => rm(directory, { recursive: true, force: true }));

    it('has nothing of a model that never predicted', async () => {
      assert.equal(await harness.log.newestEventTime('silent', 'production'), undefined);
      assert.equal(await harness.log.oldestEventTime('silent', 'production'), undefined);
      assert.equal(await harness.log.firstArrival('silent', 'production'), undefined);
      assert.equal((await harness.log.read('silent', 'production', { start: 0, end: START }, features)).rows, 0);
    });

    it('reads the rows of a window by event time, whenever they arrived', async () => {
      // Two rows arrive in order; one of the first day arrives a week later, and one belongs to the next window.
      await harness.write('m', [row('a#0', START), row('a#3', START + HOUR)], START + HOUR);
      await harness.write('m', [row('c#0', START + DAY)], START + DAY);
      await harness.write('m', [row('b#0', START + 1)], START + 7 * DAY);
      const read = await harness.log.read('m', 'production', { start: START, end: START + DAY }, features);
      assert.deepEqual(read, {
        rows: 3,
        windowRows: 3,
        predictionId: ['a#0', 'b#0', 'a#3'],
        eventTime: [START, START + 1, START + HOUR],
        version: ['v1', 'v1', 'v1'],
        prediction: [0.25, 0.25, 0.25],
        label: [null, null, null],
        features: { distance: [100, 100, null], origin: ['ATL', 'ATL', 'ATL'] },
      });
      assert.equal(await harness.log.newestEventTime('m', 'production'), START + DAY);
      assert.equal(await harness.log.oldestEventTime('m', 'production'), START);
      assert.equal(await harness.log.firstArrival('m', 'production'), START + HOUR, 'by our clock, to the hour');
    });

    it('reads every second row by event time where half of them is all that was asked for, and says of how many', async () => {
      const rows = Array.from({ length: 5 }, (_, at) => row(`s#${at}`, START + at));
      await harness.write('sampled', [...rows].reverse(), START);
      await harness.write('sampled', [row('t#0', START + DAY)], START + DAY);
      const window = { start: START, end: START + DAY };
      const some = await harness.log.read('sampled', 'production', window, features, 3);
      assert.deepEqual([some.rows, some.windowRows], [3, 5]);
      assert.deepEqual(some.predictionId, ['s#0', 's#2', 's#4']);
      assert.deepEqual(some.features['distance'], [100, 100, 100]);
      const all = await harness.log.read('sampled', 'production', window, features, 5);
      assert.deepEqual([all.rows, all.windowRows], [5, 5]);
    });

    it('takes no row of a probe for production, nor its time for production’s', async () => {
      const probe = { ...row('p#0', START + 60 * DAY), route: 'synthetic' as const };
      await harness.write(
        'probed',
        [row('o#0', START), { ...probe, predictionId: 'q#0', eventTime: START + 1 }],
        START,
      );
      await harness.write('probed', [probe], START + 60 * DAY);
      await harness.log.appendLabels('probed', 'production', 'q', [
        { predictionId: 'q#0', label: 1, observedAt: START + DAY },
      ]);
      const window = { start: START, end: START + 61 * DAY };
      assert.deepEqual((await harness.log.read('probed', 'production', window, features)).predictionId, ['o#0']);
      assert.equal(await harness.log.newestEventTime('probed', 'production'), START);
      const path = join(directory, 'probed.parquet');
      assert.deepEqual(await harness.log.exportLabelled('probed', 'production', [window], signature, path), {
        rows: 0,
      });
    });

    it('takes a copy for a shadow not for a second answer to the same question', async () => {
      const copy = { ...row('x#0', START, 'v2'), route: 'shadow' as const };
      await harness.write('shadowed', [row('x#0', START), copy], START);
      await harness.write('shadowed', [{ ...copy, predictionId: 'y#0', eventTime: START + 2 * DAY }], START + DAY);
      await harness.log.appendLabels('shadowed', 'production', 'x', [
        { predictionId: 'x#0', label: 1, observedAt: START + DAY },
      ]);
      const window = { start: START, end: START + 3 * DAY };
      const read = await harness.log.read('shadowed', 'production', window, features);
      assert.deepEqual([read.predictionId, read.version, read.label], [['x#0'], ['v1'], [1]]);
      assert.equal(await harness.log.newestEventTime('shadowed', 'production'), START);
      const path = join(directory, 'shadowed.parquet');
      assert.deepEqual(await harness.log.exportLabelled('shadowed', 'production', [window], signature, path), {
        rows: 1,
      });
    });

    it('sees segments that came after it looked', async () => {
      await harness.write('m', [row('d#0', START + 2 * DAY, 'v2')], START + 8 * DAY);
      assert.equal(await harness.log.newestEventTime('m', 'production'), START + 2 * DAY);
      const read = await harness.log.read(
        'm',
        'production',
        { start: START + 2 * DAY, end: START + 3 * DAY },
        features,
      );
      assert.deepEqual(read.version, ['v2']);
    });

    it('joins labels, the last one known counting', async () => {
      const label = (predictionId: string, value: number, observedAt: number) => ({
        predictionId,
        label: value,
        observedAt,
      });
      await harness.log.appendLabels('m', 'production', 'first', [
        label('a#0', 0, START + DAY),
        label('b#0', 1, START + DAY),
      ]);
      await harness.log.appendLabels('m', 'production', 'second', [
        label('a#0', 1, START + 2 * DAY),
        label('nobody#0', 1, START + DAY),
      ]);
      await harness.log.appendLabels('m', 'production', 'late', [label('b#0', 0, START + HOUR)]);
      const { label: labels } = await harness.log.read('m', 'production', { start: START, end: START + DAY }, features);
      assert.deepEqual(labels, [1, 1, null]);
    });

    it('takes a batch once, whatever its repeat brings', async () => {
      const again = [{ predictionId: 'a#0', label: 0, observedAt: START + 9 * DAY }];
      await harness.log.appendLabels('m', 'production', 'first', again);
      await harness.log.appendLabels('m', 'production', 'empty', []);
      const { label: labels } = await harness.log.read('m', 'production', { start: START, end: START + DAY }, features);
      assert.deepEqual(labels, [1, 1, null]);
    });

    it('exports rows with labels only', async () => {
      const windows = [
        { start: START, end: START + HOUR },
        { start: START + DAY, end: START + 2 * DAY },
      ];
      assert.deepEqual(
        await harness.log.exportLabelled('m', 'production', windows, signature, join(directory, 'export.parquet')),
        { rows: 2 },
      );
    });

    it('keeps environments apart', async () => {
      assert.equal(await harness.log.newestEventTime('m', 'staging'), undefined);
    });
  });
};

const duckdb =
  (store: BlobStore) =>
  async (directory: string): Promise<Harness> => ({
    log: createDuckdbInferenceLog(store, join(directory, 'segments')),
    write: async (model, rows, arrival) => {
      await writeSegment(store, model, 'production', rows, arrival);
    },
  });

describeInferenceLog('memory', async () => {
  const log = createMemoryInferenceLog();
  return { log, write: async (model, rows, arrival) => log.log(model, 'production', rows, arrival) };
});
describeInferenceLog('DuckDB on a store in memory', duckdb(createMemoryBlobStore()));

const server = await startMinio();
after(() => server.stop());
const store = createMinioBlobStore({ ...server, bucket: 'slipway' });
await store.ensureBucket();
describeInferenceLog('DuckDB on MinIO', duckdb(store));
