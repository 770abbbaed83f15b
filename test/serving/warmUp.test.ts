/** What the warm-up of a model server leaves behind: nothing but a server that has done it all before. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import { makeArtifact, SIGNATURE, testModel, type TestArtifact } from '../fixtures/artifact.js';
import { slow } from '../fixtures/onnx/graphs.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { startStandalone, type Standalone } from './standalone.js';

const ROWS = 40;
const smoke = {
  columns: {
    hour: Array.from({ length: ROWS }, (_, row) => row / 2),
    distance: Array.from({ length: ROWS }, (_, row) => row * 10),
    origin: Array.from({ length: ROWS }, () => 'a'),
    tail: Array.from({ length: ROWS }, () => 'a'),
  },
  expected: new Array<number>(ROWS).fill(0.5),
};
const BODY = inferBody([{ hour: 1, distance: 2, origin: 'a' }]);

const staged = async (artifact: TestArtifact, tell: (alone: Standalone, lines: Line[]) => Promise<void>) => {
  const lines: Line[] = [];
  const alone = await startStandalone(artifact, {}, (line) => lines.push(JSON.parse(line) as Line));
  try {
    await alone.server.ready;
    await tell(alone, lines);
  } finally {
    await alone.stop();
  }
};

interface Line {
  readonly msg: string;
  readonly rounds?: number;
}

/** As the node asks. */
const ofNode = (socketPath: string, path: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    request({ socketPath, path }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.once('end', () => resolve(JSON.parse(text)));
    })
      .once('error', reject)
      .end();
  });

const roundsOf = (lines: readonly Line[]): number => lines.find(({ msg }) => msg === 'warmed up')?.rounds ?? -1;

describe('the warm-up of a model server', () => {
  it('leaves no trace in counters, counts, log and metrics', () =>
    staged(makeArtifact(testModel(0.1), { smoke }), async ({ socket, url, store }, lines) => {
      assert.ok(roundsOf(lines) > 0, 'there was one');
      const { counters } = (await ofNode(socket, '/slipway/traffic')) as { counters: Record<string, unknown> };
      const { requests, failures, refused, rows, latency } = counters;
      assert.deepEqual({ requests, failures, refused, rows }, { requests: 0, failures: 0, refused: 0, rows: 0 });
      assert.deepEqual(new Set(latency as number[]), new Set([0]));
      assert.deepEqual(await ofNode(socket, '/slipway/log'), { written: 0, dropped: 0, sampledOut: 0, pending: 0 });
      const before = await (await fetch(`${url}/metrics`)).text();
      // Bounds of buckets are labels; every sample that there is has the value 0.
      const samples = before.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      assert.deepEqual(
        samples.filter((line) => !line.endsWith(' 0')),
        [],
      );
      const first = await infer(url, BODY);
      assert.match(first.body.parameters!.request_id!, /-1$/, 'the first request is the first');
      const after = await (await fetch(`${url}/metrics`)).text();
      assert.match(after, /nv_inference_exec_count\{[^}]*\} 1\n/);
      assert.match(after, /nv_inference_request_success\{[^}]*\} 1\n/);
      assert.deepEqual(await store.listDocuments('inference/'), []);
    }));

  it('answers callers also where slipway.yaml refuses the smoke rows', () => {
    const [hour, ...others] = SIGNATURE.features;
    const strict = { ...SIGNATURE, features: [{ ...hour!, missing: 'refuse' as const }, ...others] };
    const holes = { ...smoke, columns: { ...smoke.columns, hour: smoke.columns.hour.map(() => null) } };
    return staged(makeArtifact(testModel(0.1), { signature: strict, smoke: holes }), async ({ socket, url }) => {
      const { counters } = (await ofNode(socket, '/slipway/traffic')) as { counters: { refused: number } };
      assert.equal(counters.refused, 0);
      assert.equal((await infer(url, BODY)).status, 200);
    });
  });

  it('has none where there are no rows, and takes no time of a slow model', async () => {
    await staged(makeArtifact(testModel(0.1), { smoke: null }), async ({ url }, lines) => {
      assert.equal(roundsOf(lines), 0);
      assert.equal((await infer(url, BODY)).status, 200);
    });
    const signature = { ...SIGNATURE, features: SIGNATURE.features.slice(0, 1) };
    const rows = { columns: { hour: smoke.columns.hour }, expected: smoke.expected };
    await staged(makeArtifact(slow(300), { signature, smoke: rows }), async (_alone, lines) => {
      assert.equal(roundsOf(lines), 0, 'the rows that it had to answer took longer than a warm-up may');
    });
  });
});
