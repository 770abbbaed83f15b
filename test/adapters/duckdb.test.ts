import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { readAnswer, withDatabase } from '../../src/adapters/duckdb/database.js';
import { createDuckdbInferenceLog } from '../../src/adapters/duckdb/inferenceLog.js';
import { createSegmentCache } from '../../src/adapters/duckdb/segmentCache.js';
import { createDuckdbTableReader } from '../../src/adapters/duckdb/tableReader.js';
import type { FeatureSpec, SignatureSpec } from '../../src/domain/spec/types.js';
import type { BlobStore } from '../../src/ports/blobStore.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { childrenOf } from '../fixtures/processes.js';
import { writeSegment } from '../fixtures/segments.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2001-03-05T00:00:00Z');
const reader = createDuckdbTableReader();
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'slipway-duckdb-'));
});
after(() => rm(directory, { recursive: true, force: true }));

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
};

describe('tables', () => {
  const expected = {
    id: [1, 2],
    share: [0.5, null],
    late: [1, 0],
    at: [START, START + 1000],
    origin: ['ATL', "O'Hare"],
  };
  const columns = Object.keys(expected);

  it('are read from CSV', async () => {
    const path = await file(
      't.csv',
      "id,share,late,at,origin\n1,0.5,true,2001-03-05 00:00:00,ATL\n2,,false,2001-03-05 00:00:01,O'Hare\n",
    );
    assert.deepEqual(await reader.read(path, columns), expected);
    assert.deepEqual(await reader.read(path, ['origin'], { limit: 1 }), { origin: ['ATL'] });
  });

  it('are read from NDJSON', async () => {
    const path = await file(
      't.ndjson',
      `{"id":1,"share":0.5,"late":true,"at":"2001-03-05T00:00:00Z","origin":"ATL"}\n{"id":2,"share":null,"late":false,"at":"2001-03-05T00:00:01Z","origin":"O'Hare"}\n`,
    );
    assert.deepEqual(await reader.read(path, columns), expected);
  });

  it('are read from Parquet, with big integers and times as numbers', async () => {
    const body = parquetWriteBuffer({
      columnData: [
        { name: 'id', type: 'INT64', data: [1n, 2n] },
        { name: 'share', type: 'DOUBLE', data: [0.5, null] },
        { name: 'late', type: 'BOOLEAN', data: [true, false] },
        { name: 'at', type: 'TIMESTAMP', data: [new Date(START), new Date(START + 1000)] },
        { name: 'origin', type: 'STRING', data: ['ATL', "O'Hare"] },
      ],
    });
    assert.deepEqual(await reader.read(await file('t.parquet', new Uint8Array(body)), columns), expected);
  });

  it('may have more rows than one chunk, in their order', async () => {
    const rows = 10_000;
    const path = await file('long.csv', `n\n${Array.from({ length: rows }, (_, index) => index).join('\n')}\n`);
    assert.deepEqual(
      (await reader.read(path, ['n']))['n'],
      Array.from({ length: rows }, (_, index) => index),
    );
  });

  it('are read by name, whatever the name is', async () => {
    const path = await file('names.csv', `"a""b","select; drop"\n1,2\n`);
    assert.deepEqual(await reader.read(path, ['a"b', 'select; drop']), { 'a"b': [1], 'select; drop': [2] });
    const quoted = await file("it's.csv", 'n\n1\n');
    assert.deepEqual(await reader.read(quoted, ['n']), { n: [1] });
  });

  const invalid: Readonly<Record<string, readonly [string, string | Uint8Array]>> = {
    'a missing column': ['lacks.csv', 'id\n1\n'],
    'no Parquet': ['broken.parquet', 'PAR1 and nothing else'],
    'another format': ['table.xlsx', 'x'],
    'an empty file': ['empty.parquet', ''],
    'no JSON': ['broken.ndjson', '{"id":'],
  };
  for (const [name, [filename, content]] of Object.entries(invalid)) {
    it(`are refused: ${name}`, async () => {
      await assert.rejects(reader.read(await file(filename, content), ['id', 'origin']), { code: 'table_invalid' });
    });
  }

  it('are refused: a small file of very many rows, whatever it would be read for', async () => {
    const path = join(directory, 'bomb.parquet');
    const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '300MB' });
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT 1.5::DOUBLE AS wind, 1.5::DOUBLE AS load FROM range(15_000_000)) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
    );
    connection.closeSync();
    instance.closeSync();
    assert.ok((await stat(path)).size < 200_000);
    await assert.rejects(reader.read(path, ['wind', 'load']), {
      code: 'table_invalid',
      retryable: false,
      message: /has 15000000 rows or more of 2 columns, and at most 25000000 values are read/,
    });
    assert.deepEqual(await reader.read(path, ['wind'], { limit: 2 }), { wind: [1.5, 1.5] });
  });

  it('F11: crash a process of their own, three times at most, and never ours', async () => {
    const nested = `{"a":${'['.repeat(30_000)}1${']'.repeat(30_000)}}\n`;
    await assert.rejects(reader.read(await file('nested.ndjson', nested), ['a']), {
      code: 'table_invalid',
      retryable: false,
      message: /the process that reads it ended with (SIG|code).*, 3 times/,
    });
    assert.deepEqual(await reader.read(await file('flat.ndjson', '{"a":1}\n'), ['a']), { a: [1] });
  });

  it('are read by a process that stays, and by another one when it is gone', async () => {
    const path = await file('again.csv', 'n\n1\n');
    const own = createDuckdbTableReader();
    const others = new Set((await childrenOf(process.pid)).map(({ pid }) => pid));
    const readers = async () => (await childrenOf(process.pid)).map(({ pid }) => pid).filter((pid) => !others.has(pid));
    await own.read(path, ['n']);
    const [first] = await readers();
    await own.read(path, ['n']);
    assert.deepEqual(await readers(), [first]);
    process.kill(first!, 'SIGKILL');
    assert.deepEqual(await own.read(path, ['n']), { n: [1] });
    assert.notDeepEqual(await readers(), [first]);
  });

  it('are read no further when nobody wants them any more', async () => {
    const path = await file('unwanted.csv', 'n\n1\n');
    const cancelling = new AbortController();
    const reading = reader.read(path, ['n'], { signal: cancelling.signal });
    const reason = new Error('nobody wants it');
    cancelling.abort(reason);
    await assert.rejects(reading, reason);
    assert.deepEqual(await reader.read(path, ['n']), { n: [1] });
  });

  it('are not waited for without end', async () => {
    const hasty = createDuckdbTableReader({ timeoutMs: 1 });
    await assert.rejects(hasty.read(await file('slow.csv', 'n\n1\n'), ['n']), {
      code: 'table_invalid',
      message: /was not read in/,
    });
  });

  it('tell missing numbers from those that are none, and keep both beside texts', async () => {
    const path = await file('odd.csv', 'n,t\nNaN,a\n,\n-inf,b\n-0.0,c\n');
    assert.deepEqual(await reader.read(path, ['n', 't']), {
      n: [Number.NaN, null, -Infinity, -0],
      t: ['a', null, 'b', 'c'],
    });
  });

  const rows = [1, 2, 3].map((n) => ({ n, t: 'x'.repeat(40) }));
  const formats: Readonly<Record<string, () => string | Uint8Array>> = {
    'large.csv': () => `n,t\n${rows.map(({ n, t }) => `${n},${t}\n`).join('')}`,
    'large.ndjson': () => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    'large.parquet': () =>
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: 'n', type: 'DOUBLE', data: rows.map(({ n }) => n) },
            { name: 't', type: 'STRING', data: rows.map(({ t }) => t) },
          ],
        }),
      ),
  };
  for (const [name, content] of Object.entries(formats)) {
    it(`are read up to a number of values and bytes of text: ${name}`, async () => {
      const path = await file(name, content());
      const small = createDuckdbTableReader({ limits: { cells: 4, textBytes: 2 * (40 + 32) } });
      await assert.rejects(small.read(path, ['n', 't']), { code: 'table_invalid', message: /at most 4 values/ });
      await assert.rejects(small.read(path, ['t']), { code: 'table_invalid', message: /take 216 bytes/ });
      assert.deepEqual(await small.read(path, ['n']), { n: [1, 2, 3] });
      assert.deepEqual(Object.keys(await small.read(path, ['n', 't'], { limit: 2 })), ['n', 't']);
    });
  }

  it('are taken over up to the rows that were asked for, whatever the file says of itself', async () => {
    const path = await file('longer.csv', 'n\n1\n2\n3\n');
    await assert.rejects(
      withDatabase((connection) => readAnswer(connection, `SELECT * FROM read_csv('${path}')`, 2)),
      { code: 'too_large' },
    );
  });

  it('are refused: a file that is not there', async () => {
    await assert.rejects(reader.read(join(directory, 'absent.csv'), ['id']), { code: 'table_invalid' });
  });
});

/** Counts what is fetched. */
const counting = (store: BlobStore): BlobStore & { readonly fetched: string[] } => {
  const fetched: string[] = [];
  return {
    ...store,
    fetched,
    getDocument: (key) => {
      fetched.push(key);
      return store.getDocument(key);
    },
  };
};

const features: readonly FeatureSpec[] = [
  { name: 'distance', type: 'number', log: 'value' },
  { name: 'origin', type: 'string', log: 'value' },
];
const rowsOf = (
  prefix: string,
  count: number,
  from: number,
  values: Readonly<Record<string, number | string | null>>,
) =>
  Array.from({ length: count }, (_, index) => ({
    predictionId: `${prefix}#${index}`,
    eventTime: from + index,
    version: 'v1',
    prediction: 0.5,
    features: values,
  }));

describe('the prediction log', () => {
  it('fetches a segment once, and none that arrived before its window', async () => {
    const store = counting(createMemoryBlobStore());
    const early = await writeSegment(store, 'm', 'production', rowsOf('early', 3, START, { distance: 1 }), START);
    const late = await writeSegment(
      store,
      'm',
      'production',
      rowsOf('late', 3, START + 7 * DAY, { distance: 1 }),
      START + 7 * DAY,
    );
    const log = createDuckdbInferenceLog(store, join(directory, 'once'));
    const window = { start: START + 7 * DAY, end: START + 8 * DAY };
    assert.equal((await log.read('m', 'production', window, features)).rows, 3);
    assert.deepEqual(store.fetched, [late]);
    assert.equal((await log.read('m', 'production', window, features)).rows, 3);
    assert.equal(await log.oldestEventTime('m', 'production'), START);
    assert.deepEqual(store.fetched, [late, early]);
  });

  it('reads features that versions logged differently, or not at all', async () => {
    const store = createMemoryBlobStore();
    await writeSegment(store, 'm', 'production', rowsOf('old', 2, START, { distance: 'far', origin: 'ATL' }), START);
    await writeSegment(store, 'm', 'production', rowsOf('new', 2, START + 10, { distance: 7 }), START);
    const log = createDuckdbInferenceLog(store, join(directory, 'differently'));
    const read = await log.read('m', 'production', { start: START, end: START + DAY }, features);
    assert.deepEqual(read.features, { distance: [null, null, 7, 7], origin: ['ATL', 'ATL', null, null] });
  });

  it('says when a segment is damaged', async () => {
    const store = createMemoryBlobStore();
    await store.createDocument('inference/m/production/2001-03-05/00/x.parquet', Buffer.from('PAR1 and nothing else'));
    const log = createDuckdbInferenceLog(store, join(directory, 'damaged'));
    await assert.rejects(log.newestEventTime('m', 'production'), { code: 'table_invalid' });
  });

  it('exports the same bytes for the same rows, named as the signature says', async () => {
    const store = createMemoryBlobStore();
    await writeSegment(store, 'm', 'production', rowsOf('a', 50, START, { distance: 7, origin: 'ATL' }), START);
    const log = createDuckdbInferenceLog(store, join(directory, 'export'));
    const labels = Array.from({ length: 50 }, (_, index) => ({
      predictionId: `a#${index}`,
      label: index % 2,
      observedAt: START + DAY,
    }));
    await log.appendLabels('m', 'production', 'all', labels);
    const signature: SignatureSpec = { features, prediction: 'probability', label: 'late', eventTime: 'when' };
    const windows = [{ start: START, end: START + 20 }];
    const store2 = createMemoryBlobStore();
    const digests = await Promise.all(
      ['one.parquet', 'two.parquet'].map(async (name) => {
        const path = join(directory, name);
        assert.deepEqual(await log.exportLabelled('m', 'production', windows, signature, path), { rows: 20 });
        return (await store2.putBlob({ path })).digest;
      }),
    );
    assert.equal(digests[0], digests[1]);
    const table = await reader.read(join(directory, 'one.parquet'), ['distance', 'origin', 'late', 'when'], {
      limit: 2,
    });
    assert.deepEqual(table, { distance: [7, 7], origin: ['ATL', 'ATL'], late: [0, 1], when: [START, START + 1] });
  });
});

describe('the cache of segments', () => {
  it('gives room back, the longest unused first', async () => {
    const store = createMemoryBlobStore();
    const folder = join(directory, 'cache');
    const keys = ['a', 'b', 'c'].map((name) => `inference/m/e/${name}.parquet`);
    for (const key of keys) await store.createDocument(key, new Uint8Array(1000));
    const cache = createSegmentCache(store, folder, 2500);
    const [a, b] = await cache.fetch(keys.slice(0, 2));
    await utimes(a!, new Date(Date.now() - 3 * HOUR), new Date(Date.now() - 3 * HOUR));
    await utimes(b!, new Date(Date.now() - 2 * HOUR), new Date(Date.now() - 2 * HOUR));
    const [c] = await cache.fetch(keys.slice(2));
    const left = (await readdir(folder)).map((name) => join(folder, name));
    assert.deepEqual(left.sort(), [b, c].sort());
  });
});
