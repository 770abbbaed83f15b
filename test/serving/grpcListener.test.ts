/** The listener alone, in front of a router that does what the test says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { Deployment } from '../../src/serving-node/deployment.js';
import { listenGrpc, type GrpcListener } from '../../src/serving-node/grpc/listen.js';
import { boundUnfinished } from '../../src/serving-node/grpc/unfinished.js';
import type { Relayed } from '../../src/serving-node/route/exchange.js';
import type { Forwarding } from '../../src/serving-node/route/forward.js';
import { failed } from '../../src/serving-node/route/inference.js';
import { eventually } from '../fixtures/eventually.js';
import { grpcClient, type GrpcClient } from '../fixtures/grpc/client.js';
import { inferRequest } from '../fixtures/grpc/requests.js';

const REQUEST = inferRequest([{ hour: 1, distance: 1, origin: 'a' }]);
/** Two of them are more than the room in the test. */
const LARGE = { ...REQUEST, id: 'x'.repeat(900) };
const ANSWER: Relayed = {
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify({ model_name: 'late', model_version: 'v', outputs: [] })),
};

interface Staged {
  readonly listener: GrpcListener;
  readonly client: GrpcClient;
  /** What the router was asked, and how to answer it. */
  readonly asked: { readonly forwarding: Forwarding; readonly answer: (answer: Relayed) => void }[];
}

const staged = async (
  tell: (stage: Staged) => Promise<void>,
  limits: Readonly<Record<string, number>> = {},
): Promise<void> => {
  const asked: Staged['asked'] = [];
  const listener = await listenGrpc(
    {
      limits: servingLimitsSchema.parse(limits),
      deployments: { ready: () => true } as never,
      metrics: { grpc: { started: () => undefined, handled: () => undefined } },
      inference: {
        find: (model) => ({ model }) as Deployment,
        ready: () => ANSWER,
        metadata: async () => ANSWER,
        infer: async (_deployment, forwarding) => ({
          answer: await new Promise<Relayed>((answer) => asked.push({ forwarding, answer })),
          done: () => undefined,
        }),
      },
    },
    '127.0.0.1',
    0,
  );
  const client = grpcClient(`127.0.0.1:${listener.port}`);
  try {
    await tell({ listener, client, asked });
  } finally {
    client.close();
    for (const { answer } of asked) answer(ANSWER);
    await listener.close();
  }
};

describe('the listener for gRPC', () => {
  it('says that its port is taken', () =>
    staged(async ({ listener }) => {
      await assert.rejects(
        listenGrpc({ limits: servingLimitsSchema.parse({}) } as never, '127.0.0.1', listener.port),
        (error) => error instanceof SlipwayError && error.code === 'port_taken',
      );
    }));

  it('finishes what is under way when it closes, and takes nothing more', () =>
    staged(async ({ listener, client, asked }) => {
      const underWay = client.infer(REQUEST);
      await eventually(() => assert.equal(asked.length, 1));
      const closed = listener.close();
      await eventually(async () => assert.equal((await client.infer(REQUEST)).code, 14));
      asked[0]!.answer(ANSWER);
      assert.equal((await underWay).answer['model_version'], 'v');
      await closed;
      assert.equal(asked.length, 1);
    }));

  it('bounds the bytes that are being answered, and gives them back', () =>
    staged(
      async ({ client, asked }) => {
        const first = client.infer(LARGE);
        await eventually(() => assert.equal(asked.length, 1));
        const second = await client.infer(LARGE);
        assert.deepEqual([second.code, second.metadata['grpc-retry-pushback-ms']], [8, '1000']);
        assert.match(second.details, /fill the memory/);
        asked[0]!.answer(ANSWER);
        assert.equal((await first).code, 0);
        for (let again = 1; again < 30; again += 1) {
          const next = client.infer(LARGE);
          await eventually(() => assert.equal(asked.length, again + 1));
          asked[again]!.answer(again % 2 === 0 ? ANSWER : failed(500, 'no'));
          assert.equal((await next).code, again % 2 === 0 ? 0 : 13);
        }
      },
      { bodiesBytes: 2_048, requestBytes: 1_024 },
    ));

  it('hands on how long the caller waits, and no more than the node does', () =>
    staged(
      async ({ client, asked }) => {
        const waits: number[] = [];
        for (const leftMs of [undefined, 60_000, 2_000]) {
          const ended = client.infer(REQUEST, leftMs === undefined ? {} : { deadline: Date.now() + leftMs });
          await eventually(() => assert.equal(asked.length, waits.length + 1));
          const { question, deadline } = asked.at(-1)!.forwarding;
          waits.push(Number(/x-slipway-wait-ms: (\d+)\r\n/.exec(question.headers)?.[1]));
          assert.equal(question.timeoutMs, 10_000, 'what was asked is awaited as long as over HTTP');
          assert.equal(deadline! < performance.now() + 60_001, leftMs !== undefined);
          asked.at(-1)!.answer(ANSWER);
          await ended;
        }
        assert.deepEqual(waits.slice(0, 2), [5_000, 5_000]);
        assert.ok(waits[2]! > 0 && waits[2]! <= 2_000);
      },
      { deadlineMs: 5_000 },
    ));

  it('tells who went away from who was out of time', () =>
    staged(async ({ client, asked }) => {
      let cancel = (): void => undefined;
      const cancelled = client.infer(REQUEST, { started: (end) => (cancel = end) });
      await eventually(() => assert.equal(asked.length, 1));
      cancel();
      assert.equal((await cancelled).code, 1);
      await eventually(() => assert.equal(asked[0]!.forwarding.cancelled?.aborted, true));
      assert.equal((await client.infer(REQUEST, { deadline: Date.now() + 300 })).code, 4);
      // What comes after it on the same connection is heard after it.
      const next = client.infer(REQUEST);
      await eventually(() => assert.equal(asked.length, 3));
      asked[2]!.answer(ANSWER);
      assert.equal((await next).code, 0);
      assert.equal(asked[1]!.forwarding.cancelled?.aborted, false, 'a server that hangs is to be seen');
    }));

  it('has no text that it cannot send', () =>
    staged(async ({ client, asked }) => {
      for (const [said, heard] of [
        ['half a \ud83d', 'half a \ufffd'],
        ['line\r\nbreak: 100 %', 'line\r\nbreak: 100 %'],
        ['[😀]'.repeat(5_000), undefined],
      ] as const) {
        const ended = client.infer(REQUEST);
        const at = asked.length;
        await eventually(() => assert.equal(asked.length, at + 1));
        asked[at]!.answer(failed(400, said));
        const { code, details } = await ended;
        assert.equal(code, 3);
        if (heard !== undefined) assert.equal(details, heard);
        else assert.ok(details.endsWith('…') && details.length < 4_000);
      }
    }));

  it('cuts off who does not send a whole request', async () => {
    const room = { left: 1_000_000 };
    const server = new Server({ interceptors: [boundUnfinished({ sendMs: 50, most: 1_024, room })] });
    const itself = (bytes: Buffer): Buffer => bytes;
    server.register<Buffer, Buffer>(
      '/test/Ask',
      (_call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => respond(null, Buffer.alloc(1)),
      itself,
      itself,
      'unary',
    );
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const ended = await new Promise<number>((resolve) => {
      // A stream that is never ended, to a method that takes one message.
      client
        .makeClientStreamRequest('/test/Ask', itself, itself, (error) => resolve(error?.code ?? 0))
        .write(Buffer.alloc(1));
    });
    assert.equal(ended, 4);
    const whole = await new Promise<number>((resolve) =>
      client.makeUnaryRequest('/test/Ask', itself, itself, Buffer.alloc(1), (error) => resolve(error?.code ?? 0)),
    );
    assert.equal(whole, 0);
    await eventually(() => assert.equal(room.left, 1_000_000, 'what it had sent is not kept'));
    client.close();
    server.forceShutdown();
  });
});
