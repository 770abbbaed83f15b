/** Large typed messages over gRPC: who sends them waits, nobody else does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { readInferRequest } from '../../src/domain/inference/grpc/readInferRequest.js';
import type { Deployment } from '../../src/serving-node/deployment.js';
import { listenGrpc } from '../../src/serving-node/grpc/listen.js';
import { createMessageReader } from '../../src/serving-node/grpc/messageReader.js';
import type { Relayed } from '../../src/serving-node/route/exchange.js';
import { grpcClient } from '../fixtures/grpc/client.js';
import { codec } from '../fixtures/grpc/proto.js';

const ANSWER: Relayed = {
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify({ model_name: 'late', outputs: [] })),
};
const MOST = servingLimitsSchema.parse({}).requestBytes;

/** Numbers of two bytes each, which become four. */
const typed = (values: number): Buffer => {
  const content = Buffer.alloc(values * 2, Uint8Array.of(0x80 | 5, 1));
  const contents = field(2, content);
  const input = Buffer.concat([
    field(1, Buffer.from('x')),
    field(2, Buffer.from('INT32')),
    field(3, varint(values)),
    field(5, contents),
  ]);
  return Buffer.concat([field(1, Buffer.from('late')), field(5, input)]);
};
const raw = (bytes: number): Buffer =>
  Buffer.from(
    codec('ModelInferRequest').encode({
      model_name: 'late',
      inputs: [{ name: 'x', datatype: 'INT32', shape: [bytes / 4] }],
      raw_input_contents: [Buffer.alloc(bytes, 1)],
    }),
  );
const field = (number: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2]), varint(content.length), content]);
const varint = (value: number): Buffer =>
  value < 128 ? Buffer.from([value]) : Buffer.concat([Buffer.from([(value % 128) + 128]), varint(value >> 7)]);

describe('large messages over gRPC', () => {
  it('are read while health is answered', async () => {
    const order: string[] = [];
    const asked: Buffer[] = [];
    const healthy: Promise<unknown>[] = [];
    const listener = await listenGrpc(
      {
        limits: servingLimitsSchema.parse({}),
        deployments: { ready: () => true } as never,
        metrics: {
          grpc: {
            handled: () => undefined,
            // The message is whole now, and nothing of it is read.
            started: (_service, method) => {
              if (method !== 'ModelInfer') return;
              const answered = health.health('').then(({ code }) => order.push(`health ${code}`));
              healthy.push(answered);
            },
          },
        },
        inference: {
          find: (model) => ({ model }) as Deployment,
          ready: () => ANSWER,
          metadata: async () => ANSWER,
          infer: async (_deployment, { question }) => {
            order.push('routed');
            asked.push(question.body);
            return { answer: ANSWER, done: () => undefined };
          },
        },
      },
      '127.0.0.1',
      0,
    );
    const client = grpcClient(`127.0.0.1:${listener.port}`);
    const health = grpcClient(`127.0.0.1:${listener.port}`);
    try {
      // Connections and thread are there before it counts.
      await health.health('');
      await client.raw(typed(200_000));
      await Promise.all(healthy);
      order.length = 0;
      const message = typed(4_000_000);
      const expected = readInferRequest(Uint8Array.from(message), MOST);
      assert.equal((await client.raw(message)).code, 0);
      await Promise.all(healthy);
      assert.deepEqual(order, ['health 0', 'routed']);
      assert.ok(expected.kind === 'request');
      const { json, tensors } = expected.request;
      assert.ok(asked[1]!.equals(Buffer.concat([Buffer.from(json), ...tensors])), 'and it is the same request');
    } finally {
      client.close();
      health.close();
      await listener.close();
    }
  });

  it('are read at once where they are raw, and where they are small', async () => {
    const reader = createMessageReader(MOST);
    assert.equal(reader.read(raw(8 * 1024 * 1024)) instanceof Promise, false);
    assert.equal(reader.read(typed(100)) instanceof Promise, false);
    await reader.close();
  });

  it('are refused for the same reasons, and read again after the thread has gone', async () => {
    const reader = createMessageReader(1_000);
    const large = await reader.read(typed(500_000));
    assert.deepEqual(large, { kind: 'too_large', reason: 'the tensors are larger than 1000 bytes' });
    const cut = await reader.read(typed(500_000).subarray(0, 400_000));
    assert.equal(cut.kind, 'refused');
    // Fields that nobody knows, and more of them than are looked at.
    const unknown = await reader.read(Buffer.alloc(600_000, Uint8Array.of(9 * 8, 1)));
    assert.equal(unknown.kind, 'request');
    const lost = reader.read(typed(500_000));
    await Promise.all([reader.close(), assert.rejects(async () => lost, /thread that reads large messages ended/)]);
    assert.equal((await reader.read(typed(500_000))).kind, 'too_large');
    await reader.close();
  });
});
