import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { makeArtifact, predicted, SIGNATURE, testModel } from '../fixtures/artifact.js';
import { eventually } from '../fixtures/eventually.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { lookup, slow, trees } from '../fixtures/onnx/graphs.js';
import { startStandalone, type Standalone } from './standalone.js';

const artifact = makeArtifact(testModel(0.1));
const VERSION = artifact.artifactDigest.slice('sha256:'.length);
const ROW = { hour: 7.3, distance: 100, origin: 'b' };

describe('Open Inference Protocol', () => {
  let alone: Standalone;
  before(async () => {
    alone = await startStandalone(artifact, { requestBytes: 200_000, requestRows: 1_000 });
    await alone.server.ready;
  });
  after(() => alone.stop());

  const get = async (path: string) => {
    const response = await fetch(`${alone.url}${path}`);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as unknown,
    };
  };
  const OK = { status: 200, type: 'application/json' };

  it('tells the server, its health and its models in the words that clients compare', async () => {
    assert.deepEqual(await get('/v2'), {
      ...OK,
      body: { name: 'slipway', version: '0.1.0', extensions: ['binary_tensor_data'] },
    });
    assert.deepEqual(await get('/v2/health/live'), { ...OK, body: { live: true } });
    assert.deepEqual(await get('/v2/health/ready'), { ...OK, body: { ready: true } });
    assert.deepEqual(await get('/v2/models/late/ready'), { ...OK, body: { name: 'late', ready: true } });
    assert.deepEqual(await get(`/v2/models/late/versions/${VERSION}`), {
      ...OK,
      body: {
        name: 'late',
        versions: [VERSION],
        platform: 'onnxruntime_onnx',
        inputs: SIGNATURE.features.map(({ name, type }) => ({
          name,
          datatype: { number: 'FP32', integer: 'INT64', string: 'BYTES' }[type],
          shape: [-1, 1],
        })),
        outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
        parameters: { artifact_digest: artifact.artifactDigest, model_digest: artifact.modelDigest },
      },
    });
  });

  it('answers as the model does, echoes the id, and names version and request', async () => {
    const rows = [ROW, { hour: null, distance: 40, origin: 'c' }, { hour: 23.9, distance: null, origin: 'unseen' }];
    const { status, body, headers } = await infer(alone.url, inferBody(rows, { id: 'mine' }));
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/json');
    assert.deepEqual([body.id, body.model_version], ['mine', VERSION]);
    assert.match(body.parameters?.request_id ?? '', /^[0-9a-f]{16}-[0-9a-z]+$/);
    const expected = [predicted(0.1, 7.3, 100, 1), predicted(0.1, 0, 40, 2), predicted(0.1, 23.9, 0, -1)];
    assert.deepEqual(body.outputs![0]!.shape, [3, 1]);
    for (const [row, value] of body.outputs![0]!.data.entries()) assert.ok(Math.abs(value - expected[row]!) < 1e-6);
  });

  it('takes NaN as Python writes it for a missing number, and nothing else that is no JSON', async () => {
    const text = inferBody([{ ...ROW, origin: 'NaN "and" Infinity' }]).replace('7.3', 'NaN');
    const { status, body } = await infer(alone.url, text);
    assert.equal(status, 200);
    assert.ok(Math.abs(body.outputs![0]!.data[0]! - predicted(0.1, 0, 100, -1)) < 1e-6);
    assert.equal((await infer(alone.url, text.replace('NaN,', 'Nan,').replace('[NaN]', '[nan]'))).status, 400);
  });

  it('takes and gives binary tensors as tritonclient sends them', async () => {
    const header = JSON.stringify({
      parameters: { binary_data_output: true },
      inputs: [
        { name: 'hour', shape: [1, 1], datatype: 'FP32', parameters: { binary_data_size: 4 } },
        { name: 'distance', shape: [1, 1], datatype: 'INT64', parameters: { binary_data_size: 8 } },
        { name: 'origin', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: 5 } },
        { name: 'tail', shape: [1, 1], datatype: 'BYTES', data: ['x'] },
      ],
    });
    const binary = Buffer.alloc(17);
    binary.writeFloatLE(7.3, 0);
    binary.writeBigInt64LE(100n, 4);
    binary.writeUInt32LE(1, 12);
    binary.write('b', 16);
    const response = await fetch(`${alone.url}/v2/models/late/versions/${VERSION}/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(header.length), 'content-type': 'application/octet-stream' },
      body: Buffer.concat([Buffer.from(header), binary]),
    });
    assert.equal(response.status, 200);
    const length = Number(response.headers.get('inference-header-content-length'));
    const bytes = Buffer.from(await response.arrayBuffer());
    const { outputs } = JSON.parse(bytes.toString('utf8', 0, length)) as { outputs: readonly unknown[] };
    assert.deepEqual(outputs, [
      { name: 'probability', datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } },
    ]);
    assert.equal(bytes.length, length + 4);
    assert.ok(Math.abs(bytes.readFloatLE(length) - predicted(0.1, 7.3, 100, 1)) < 1e-6);
  });

  it('gives each of many callers at once its own rows', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, caller) =>
        infer(
          alone.url,
          inferBody(
            Array.from({ length: 1 + (caller % 4) }, (__, row) => ({ hour: row, distance: caller, origin: 'a' })),
          ),
        ),
      ),
    );
    for (const [caller, { body }] of answers.entries()) {
      assert.equal(body.outputs![0]!.data.length, 1 + (caller % 4));
      for (const [row, value] of body.outputs![0]!.data.entries())
        assert.ok(Math.abs(value - predicted(0.1, row, caller, 0)) < 1e-6);
    }
    assert.equal(new Set(answers.map(({ body }) => body.parameters?.request_id)).size, 200);
  });

  const post = async (path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${alone.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: (await response.json()) as { error?: string },
    };
  };
  const REFUSED: readonly (readonly [string, string, string | Buffer, number, RegExp])[] = [
    ['no JSON', '/v2/models/late/infer', '{', 400, /no JSON/],
    [
      'infinity as Python writes it',
      '/v2/models/late/infer',
      inferBody([ROW]).replace('7.3', '-Infinity'),
      400,
      /hour: row 0 is infinite; expected inputs/,
    ],
    [
      'another type',
      '/v2/models/late/infer',
      inferBody([ROW]).replace('FP32', 'FP64'),
      400,
      /expected inputs: hour FP32/,
    ],
    ['a body that is too large', '/v2/models/late/infer', Buffer.alloc(200_001), 413, /larger than 200000 bytes/],
    ['too many rows', '/v2/models/late/infer', inferBody(new Array(1_001).fill(ROW)), 413, /1001 rows/],
    ['another model', '/v2/models/other/infer', inferBody([ROW]), 404, /no model other/],
    ['another version', '/v2/models/late/versions/7/infer', inferBody([ROW]), 404, /no version 7/],
    ['another path', '/v2/models/late/explain', '{}', 404, /there is no/],
    ['another method', '/v2/models/late', '{}', 405, /takes GET/],
  ];
  for (const [name, path, body, status, error] of REFUSED) {
    it(`refuses ${name} with ${status}, as JSON`, async () => {
      const answer = await post(path, body);
      assert.deepEqual([answer.status, answer.type], [status, 'application/json']);
      assert.match(answer.body.error ?? '', error);
    });
  }

  it('keeps what only the node may ask off the public address', async () => {
    assert.equal((await get('/slipway/traffic')).status, 404);
  });

  /** Bytes as they are on a connection of their own; what comes back until it is closed. */
  const raw = (...writes: readonly string[]): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      const socket = createConnection(Number(new URL(alone.url).port), '127.0.0.1', () => {
        for (const write of writes) socket.write(write);
        socket.end();
      });
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
    });
  const HEAD = 'POST /v2/models/late/infer HTTP/1.1\r\nhost: x\r\n';

  it('S51: survives cut-off, chunked, and impossible requests', async () => {
    assert.match(await raw('this is no HTTP\r\n\r\n'), /^HTTP\/1\.1 400 .*\{"error":/s);
    await raw(`${HEAD}content-length: 100\r\n\r\n{"inputs"`);
    assert.match(await raw(`${HEAD}transfer-encoding: chunked\r\n\r\nZZ\r\n`), /^HTTP\/1\.1 400/);
    const chunk = 'x'.repeat(100_000);
    const chunked = `${HEAD}transfer-encoding: chunked\r\n\r\n${`186a0\r\n${chunk}\r\n`.repeat(3)}0\r\n\r\n`;
    assert.match(await raw(chunked), /^(HTTP\/1\.1 413|$)/);
    assert.match(await raw(`${HEAD}content-length: 99999999999\r\n\r\n`), /^HTTP\/1\.1 413/);
    assert.equal((await infer(alone.url, inferBody([ROW]))).status, 200);
  });
});

describe('a model server under pressure', () => {
  const one = (index: number) =>
    JSON.stringify({ inputs: [{ name: 'index', shape: [1, 1], datatype: 'INT64', data: [index] }] });
  const hour = (value: number) =>
    JSON.stringify({ inputs: [{ name: 'hour', shape: [1, 1], datatype: 'FP32', data: [value] }] });
  const only = (feature: (typeof SIGNATURE.features)[number]) => ({
    smoke: null,
    signature: { ...SIGNATURE, features: [feature] },
  });

  it("does not fail callers for another caller's values", async () => {
    const alone = await startStandalone(makeArtifact(lookup(), only({ name: 'index', type: 'integer', log: 'value' })));
    try {
      await alone.server.ready;
      const answers = await Promise.all([1, 99, 3, 4, -77, 6].map((index) => infer(alone.url, one(index))));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 500, 200, 200, 500, 200],
      );
      assert.ok(Math.abs(answers[2]!.body.outputs![0]!.data[0]! - 0.3) < 1e-6);
      assert.match(answers[1]!.body.error ?? '', /the model failed/);
    } finally {
      await alone.stop();
    }
  });

  it('answers health while the model computes, and 429 when too much waits', async () => {
    const alone = await startStandalone(makeArtifact(slow(300), only({ name: 'hour', type: 'number', log: 'value' })), {
      queueRows: 2,
      batchRows: 1,
    });
    try {
      await alone.server.ready;
      const order: string[] = [];
      const first = infer(alone.url, hour(1)).then(() => order.push('inference'));
      await fetch(`${alone.url}/v2/health/ready`).then(() => order.push('health'));
      await first;
      assert.deepEqual(order, ['health', 'inference']);
      const answers = await Promise.all(Array.from({ length: 12 }, (_, caller) => infer(alone.url, hour(caller))));
      const busy = answers.filter(({ status }) => status === 429);
      assert.ok(busy.length > 0, 'some were told to come back');
      for (const { headers, body } of busy) {
        assert.match(headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/);
        assert.match(body.error ?? '', /too many requests/);
      }
      assert.ok(answers.some(({ status }) => status === 200));
      assert.deepEqual(
        answers.filter(({ status }) => status !== 200 && status !== 429),
        [],
      );
    } finally {
      await alone.stop();
    }
  });

  it('answers many rows at once as it answers each alone', async () => {
    const names = ['first', 'second', 'third'];
    const features = names.map((name) => ({ name, type: 'number' as const, log: 'value' as const }));
    const alone = await startStandalone(
      makeArtifact(trees(50, names), { smoke: null, signature: { ...SIGNATURE, features } }),
    );
    const rows = Array.from({ length: 256 }, (_, row) => names.map((__, column) => Math.sin(row * 3 + column)));
    const ask = (some: readonly (readonly number[])[]) =>
      infer(
        alone.url,
        JSON.stringify({
          inputs: names.map((name, column) => ({
            name,
            shape: [some.length, 1],
            datatype: 'FP32',
            data: some.map((row) => row[column]),
          })),
        }),
      );
    try {
      await alone.server.ready;
      const together = (await ask(rows)).body.outputs![0]!.data;
      const apart = await Promise.all(rows.map(async (row) => (await ask([row])).body.outputs![0]!.data[0]!));
      assert.ok(new Set(together).size > 50, 'the trees tell rows apart');
      for (const [row, value] of apart.entries()) assert.ok(Math.abs(value - together[row]!) < 1e-6);
    } finally {
      await alone.stop();
    }
  });

  it('tells who waited too long so in time, while the model is still busy with another request', async () => {
    const alone = await startStandalone(makeArtifact(slow(600), only({ name: 'hour', type: 'number', log: 'value' })), {
      deadlineMs: 20,
    });
    try {
      await alone.server.ready;
      const order: number[] = [];
      const ask = async (value: number): Promise<void> => {
        order.push((await infer(alone.url, hour(value))).status);
      };
      const first = ask(1);
      // Its run has begun when it no longer waits.
      await eventually(async () => {
        const text = await (await fetch(`${alone.url}/metrics`)).text();
        assert.match(text, /nv_inference_exec_count\{.*\} 1\n/);
      });
      await Promise.all([first, ask(2)]);
      assert.deepEqual(order, [503, 200]);
    } finally {
      await alone.stop();
    }
  });

  it('gives up requests that waited too long', async () => {
    const alone = await startStandalone(makeArtifact(slow(300), only({ name: 'hour', type: 'number', log: 'value' })), {
      deadlineMs: 1,
      batchRows: 1,
    });
    try {
      await alone.server.ready;
      const answers = await Promise.all(Array.from({ length: 6 }, (_, caller) => infer(alone.url, hour(caller))));
      assert.ok(answers.some(({ status, body }) => status === 503 && /waited too long/.test(body.error ?? '')));
    } finally {
      await alone.stop();
    }
  });
});
