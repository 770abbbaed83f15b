import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { makeArtifact, testModel } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { loggedRows } from '../fixtures/loggedRows.js';
import { exchangeJson } from '../../src/transport/exchange.js';
import { startStandalone, type Standalone } from './standalone.js';

const FENCE = { method: 'PUT', path: '/slipway/fence', timeoutMs: 1_000, body: { epoch: 1, seq: 2 } } as const;

const artifact = makeArtifact(testModel(0.1));

const status = async ({ socket }: Standalone) =>
  (await exchangeJson({ socketPath: socket }, { path: '/slipway/log', timeoutMs: 1_000 })).body as {
    written: number;
    dropped: number;
    sampledOut: number;
    pending: number;
    problem?: string;
  };

describe('prediction log', () => {
  it('keeps what was asked and answered, as the signature says, and is written when the server stops', async () => {
    const alone = await startStandalone(artifact);
    await alone.server.ready;
    const before = Date.now();
    const rows = [
      { hour: 7.3, distance: 100, origin: 'a' },
      { hour: null, distance: null, origin: 'b' },
    ];
    const { body } = await infer(alone.url, inferBody(rows, { parameters: { event_time: 981_000_000_000 } }));
    await infer(alone.url, inferBody([{ hour: 1, distance: 2, origin: 'c' }]));
    await infer(alone.url, inferBody([{ hour: 1, distance: 2, origin: 'c' }], { parameters: { synthetic: true } }));
    await alone.stop();
    const [key] = await alone.store.listDocuments('inference/');
    assert.match(key!, /^inference\/late\/test\/\d{4}-\d\d-\d\d\/\d\d\/\d{13}-[0-9a-f]{12}-1\.parquet$/);
    const [first, second, third, probe] = await loggedRows(alone.store);
    assert.equal(probe!['route'], 'synthetic', 'a probe is logged as one');
    const requestId = body.parameters!.request_id!;
    const hash = (value: string) => createHash('sha256').update(`origin\0${value}`).digest('hex').slice(0, 32);
    const { arrival_time, latency_ms, prediction, ...rest } = first!;
    assert.deepEqual(rest, {
      prediction_id: `${requestId}#0`,
      request_id: requestId,
      row: 0,
      event_time: 981_000_000_000n,
      version: artifact.artifactDigest.slice(7),
      route: 'champion',
      trace_id: null,
      f_hour: 7.3,
      f_distance: 100,
      f_origin: hash('a'),
    });
    assert.ok(Number(arrival_time) >= before && Number(latency_ms) > 0);
    assert.equal(prediction, body.outputs![0]!.data[0]);
    assert.deepEqual(
      {
        id: second!['prediction_id'],
        row: second!['row'],
        hour: second!['f_hour'],
        distance: second!['f_distance'],
        origin: second!['f_origin'],
      },
      { id: `${requestId}#1`, row: 1, hour: null, distance: null, origin: hash('b') },
    );
    assert.equal(third!['event_time'], third!['arrival_time'], 'without an event time it is the arrival');
  });

  it('is written by size, and each answer once', async () => {
    const alone = await startStandalone(artifact, { logRows: 10 });
    await alone.server.ready;
    for (let request = 0; request < 95; request += 1)
      await infer(alone.url, inferBody([{ hour: request, distance: 1, origin: 'a' }]));
    await eventually(async () => assert.equal((await status(alone)).written, 90));
    await alone.stop();
    const rows = await loggedRows(alone.store);
    assert.equal(rows.length, 95);
    assert.equal(new Set(rows.map((row) => row['prediction_id'])).size, 95);
  });

  it('is written by time', async () => {
    const alone = await startStandalone(artifact, { logEveryMs: 20 });
    await alone.server.ready;
    await infer(alone.url, inferBody([{ hour: 1, distance: 1, origin: 'a' }]));
    await eventually(async () =>
      assert.deepEqual(await status(alone), { written: 1, dropped: 0, sampledOut: 0, pending: 0 }),
    );
    await alone.stop();
  });

  it('keeps a sample of whole requests where less than all is declared, and every probe', async () => {
    const alone = await startStandalone(artifact, { logShare: 0.5 });
    await alone.server.ready;
    const row = { hour: 1, distance: 1, origin: 'a' };
    for (let request = 0; request < 60; request += 1) {
      await infer(alone.url, inferBody([row, row]));
      if (request % 10 === 0) await infer(alone.url, inferBody([row], { parameters: { synthetic: true } }));
    }
    const told = await status(alone);
    await alone.stop();
    const rows = await loggedRows(alone.store);
    const probes = rows.filter((one) => one['route'] === 'synthetic');
    assert.equal(probes.length, 6);
    const kept = rows.length - probes.length;
    assert.equal(kept + told.sampledOut, 120, 'what is left out is counted');
    const requests = new Set(rows.filter((one) => one['route'] !== 'synthetic').map((one) => one['request_id']));
    assert.equal(kept, 2 * requests.size, 'both rows of a request or none');
    // Five standard deviations: once in two million runs.
    assert.ok(Math.abs(requests.size - 30) < 20, `${requests.size} of 60 requests`);
  });

  it('never fails a prediction when the store is gone: it keeps what it may, counts what it drops, and goes on', async () => {
    const alone = await startStandalone(artifact, { logRows: 5, logCapacityRows: 20 });
    await alone.server.ready;
    alone.store.fail(new Error('the store is gone'));
    for (let request = 0; request < 30; request += 1)
      assert.equal((await infer(alone.url, inferBody([{ hour: request, distance: 1, origin: 'a' }]))).status, 200);
    await eventually(async () =>
      assert.deepEqual(await status(alone), {
        written: 0,
        dropped: 10,
        sampledOut: 0,
        pending: 20,
        problem: 'the store is gone',
      }),
    );
    alone.store.fail();
    await eventually(async () =>
      assert.deepEqual(await status(alone), { written: 20, dropped: 10, sampledOut: 0, pending: 0 }),
    );
    await infer(alone.url, inferBody([{ hour: 99, distance: 1, origin: 'a' }]));
    await alone.stop();
    assert.equal((await loggedRows(alone.store)).length, 21);
  });

  it('does not hold up the end of the server for a store that is gone', async () => {
    const alone = await startStandalone(artifact);
    await alone.server.ready;
    await infer(alone.url, inferBody([{ hour: 1, distance: 1, origin: 'a' }]));
    alone.store.fail(new Error('the store is gone'));
    await alone.stop();
    assert.deepEqual(await alone.store.listDocuments('').catch(() => []), []);
  });
});

describe('counters', () => {
  it('count requests, refusals, rows, predictions and features in the frozen bins, and begin again with a fence', async () => {
    const alone = await startStandalone(artifact);
    await alone.server.ready;
    const counters = async () =>
      (
        (await exchangeJson({ socketPath: alone.socket }, { path: '/slipway/traffic', timeoutMs: 1_000 })).body as {
          counters: Record<string, unknown>;
        }
      ).counters;
    const rows = [
      { hour: 18.3, distance: 100, origin: 'a' },
      { hour: null, distance: null, origin: 'zz' },
      { hour: 18.31, distance: 101, origin: 'b' },
    ];
    await infer(alone.url, inferBody(rows));
    await infer(alone.url, '{}');
    await eventually(async () => {
      const { requests, failures, refused, rows: counted, features, latency } = await counters();
      assert.deepEqual({ requests, failures, refused, counted }, { requests: 1, failures: 0, refused: 1, counted: 3 });
      assert.deepEqual(features, {
        hour: [0, 0, 1, 1, 1],
        distance: [1, 1, 1],
        origin: [1, 1, 0, 1, 0],
        tail: [3, 0, 0],
      });
      assert.equal(
        (latency as number[]).reduce((sum, count) => sum + count, 0),
        1,
      );
    });
    await exchangeJson({ socketPath: alone.socket }, FENCE);
    assert.equal((await counters())['requests'], 0);
    await infer(alone.url, inferBody(rows));
    await exchangeJson({ socketPath: alone.socket }, FENCE);
    await eventually(async () =>
      assert.equal((await counters())['requests'], 1, 'the same fence again changes nothing'),
    );
    await alone.stop();
  });
});
