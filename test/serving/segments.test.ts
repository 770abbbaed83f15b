import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { createDuckdbInferenceLog } from '../../src/adapters/duckdb/inferenceLog.js';
import type { FeatureSpec } from '../../src/domain/spec/types.js';
import { encodeSegment } from '../../src/model-server/record/encode.js';
import { packed, widthFor } from '../../src/model-server/record/parquet/runs.js';
import type { Segment } from '../../src/model-server/record/segment.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const HOUR = 3_600_000;
const START = Date.parse('2001-03-05T00:00:00Z');
const PER_REQUEST = 300;
const REQUESTS = 4;
const ROWS = PER_REQUEST * REQUESTS;
const features: readonly FeatureSpec[] = [
  { name: 'hour', type: 'number', log: 'value' },
  { name: 'measured', type: 'number', log: 'value' },
  { name: 'count', type: 'integer', log: 'value' },
  { name: 'origin', type: 'string', log: 'value' },
  { name: 'tail', type: 'string', log: 'hash' },
];

const numbered = <T>(value: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => value(row));

/** Few values and many, some missing, in arrays that are longer than what is in them. */
const segment = (boot: string): Segment => ({
  version: 'f'.repeat(64),
  rows: ROWS,
  requests: Array.from({ length: REQUESTS }, (_, index) => ({
    requestId: `${boot}-${index}`,
    eventTime: START + index,
    arrivalTime: START + index + 5,
    route: index === 2 ? 'candidate' : 'champion',
    latencyMs: 1.25 + index,
    ...(index === 1 ? { traceId: 'a'.repeat(32) } : {}),
    rows: PER_REQUEST,
  })),
  predictions: Float64Array.from([...numbered((row) => (row === 7 ? Number.NaN : row / ROWS)), 9, 9]),
  features: [
    {
      name: 'hour',
      type: 'number',
      log: 'value',
      data: Float32Array.from(numbered((row) => (row % 5 === 0 ? Number.NaN : (row % 24) + 0.3))),
      missing: [],
    },
    {
      name: 'measured',
      type: 'number',
      log: 'value',
      data: Float32Array.from(numbered((row) => Math.sin(row) * 20)),
      missing: [],
    },
    {
      name: 'count',
      type: 'integer',
      log: 'value',
      data: BigInt64Array.from(numbered((row) => BigInt(row * 7 - 100))),
      missing: [3, 900],
    },
    {
      name: 'origin',
      type: 'string',
      log: 'value',
      data: numbered((row) => ['é', '', '日本', 'ATL'][row % 4]!),
      missing: [],
    },
    { name: 'tail', type: 'string', log: 'hash', data: numbered((row) => `N${row}`), missing: [] },
  ],
});

/** FP32 as the caller wrote it: a decimal of up to six places, of as few as it takes. */
const decimal = (value: number): number =>
  [1, 1e2, 1e4, 1e6]
    .map((scale) => Math.round(value * scale) / scale)
    .find((shorter) => Math.fround(shorter) === value) ?? value;

const expectedHour = (row: number) => (row % 5 === 0 ? null : (row % 24) + 0.3);
const expectedMeasured = (row: number) => decimal(Math.fround(Math.sin(row) * 20));
const expectedCount = (row: number) => (row === 3 || row === 900 ? null : row * 7 - 100);

/** As model servers wrote it up to now: by a general writer, packed by snappy, numbers that are all there without levels. */
const earlierSegment = (boot: string, tails: readonly string[]): Uint8Array => {
  const request = (row: number) => Math.floor(row / PER_REQUEST);
  return new Uint8Array(
    parquetWriteBuffer({
      statistics: false,
      columnData: [
        {
          name: 'prediction_id',
          type: 'STRING',
          data: numbered((row) => `${boot}-${request(row)}#${row % PER_REQUEST}`),
        },
        { name: 'request_id', type: 'STRING', data: numbered((row) => `${boot}-${request(row)}`) },
        { name: 'row', type: 'INT32', data: numbered((row) => row % PER_REQUEST) },
        { name: 'event_time', type: 'INT64', data: numbered((row) => BigInt(START + request(row))) },
        { name: 'arrival_time', type: 'INT64', data: numbered((row) => BigInt(START + request(row) + 5)) },
        { name: 'version', type: 'STRING', data: numbered(() => 'f'.repeat(64)) },
        { name: 'route', type: 'STRING', data: numbered((row) => (request(row) === 2 ? 'candidate' : 'champion')) },
        { name: 'latency_ms', type: 'DOUBLE', data: numbered((row) => 1.25 + request(row)) },
        { name: 'trace_id', type: 'STRING', data: numbered((row) => (request(row) === 1 ? 'a'.repeat(32) : null)) },
        { name: 'prediction', type: 'DOUBLE', data: numbered((row) => (row === 7 ? null : row / ROWS)) },
        { name: 'f_hour', type: 'DOUBLE', data: numbered(expectedHour) },
        {
          name: 'f_measured',
          type: 'DOUBLE',
          nullable: false,
          encoding: 'PLAIN',
          data: Float64Array.from(numbered(expectedMeasured)),
        },
        { name: 'f_count', type: 'DOUBLE', data: numbered(expectedCount) },
        { name: 'f_origin', type: 'STRING', data: numbered((row) => ['é', '', '日本', 'ATL'][row % 4]!) },
        { name: 'f_tail', type: 'STRING', data: tails as string[] },
      ],
    }),
  );
};

const rowsOf = async (bytes: Uint8Array): Promise<Record<string, unknown>[]> =>
  parquetReadObjects({
    file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
  });

describe('segments of the prediction log', () => {
  it('have the rows that the earlier ones had, value for value', async () => {
    const found = await rowsOf(encodeSegment(segment('boot')));
    assert.deepEqual(
      found,
      await rowsOf(
        earlierSegment(
          'boot',
          found.map((row) => String(row['f_tail'])),
        ),
      ),
    );
    assert.equal(new Set(found.map((row) => row['f_tail'])).size, ROWS, 'each hash is its own');
    assert.match(String(found[0]!['f_tail']), /^[0-9a-f]{32}$/);
  });

  it('are read by DuckDB together with earlier ones, as if they were of one kind', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-segments-'));
    const store = createMemoryBlobStore();
    const now = encodeSegment(segment('new'));
    const tails = (await rowsOf(now)).map((row) => String(row['f_tail']));
    await store.createDocument('inference/m/production/2001-03-05/00/1.parquet', earlierSegment('old', tails));
    await store.createDocument('inference/m/production/2001-03-05/00/2.parquet', now);
    const log = createDuckdbInferenceLog(store, directory);
    const { rows, predictionId, ...read } = await log.read(
      'm',
      'production',
      { start: START, end: START + HOUR },
      features,
    );
    assert.equal(rows, 2 * ROWS);
    const of = (boot: string) => {
      const own = predictionId.flatMap((id, index) => (id.startsWith(boot) ? [index] : []));
      const pick = <T>(column: readonly T[]): T[] => own.map((index) => column[index]!);
      return {
        ids: pick(predictionId).map((id) => id.slice(boot.length)),
        time: pick(read.eventTime),
        version: pick(read.version),
        prediction: pick(read.prediction),
        features: Object.fromEntries(Object.entries(read.features).map(([name, column]) => [name, pick(column)])),
      };
    };
    assert.deepEqual(of('new'), of('old'));
    const hours = of('new').features['hour']!;
    assert.ok(hours.includes(7.3) && hours.includes(null), 'a decimal is the decimal that the caller wrote');
    await rm(directory, { recursive: true });
  });

  it('write each FP32 as the shortest decimal of up to six places, whatever its size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.float({ noNaN: true, noDefaultInfinity: true }),
            fc.integer({ min: -2e9, max: 2e9 }).map((value) => value / 1e4),
          ),
          { minLength: 1, maxLength: 200 },
        ),
        async (values) => {
          const data = Float32Array.from(values);
          const [request] = segment('b').requests;
          const found = await rowsOf(
            encodeSegment({
              version: 'v',
              rows: data.length,
              requests: [{ ...request!, rows: data.length }],
              predictions: new Float64Array(data.length),
              features: [{ name: 'x', type: 'number', log: 'value', data, missing: [] }],
            }),
          );
          assert.deepEqual(
            // One of -0 and 0 stands for both where values repeat.
            found.map((row) => Number(row['f_x']) + 0),
            Array.from(data, (value) => decimal(value) + 0),
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('packed bits', () => {
  it('are the values again, in any width', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_096 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 100 }),
        (count, seeds) => {
          const width = widthFor(count);
          const values = seeds.map((seed) => seed % count);
          const bytes = packed(values, width);
          const groups = Math.ceil(values.length / 8);
          const bits = [...bytes.subarray(bytes.length - groups * width)].flatMap((byte) =>
            Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1),
          );
          const again = values.map((_, index) =>
            bits.slice(index * width, (index + 1) * width).reduce((sum, bit, place) => sum + bit * 2 ** place, 0),
          );
          assert.deepEqual(again, values);
        },
      ),
    );
  });
});
