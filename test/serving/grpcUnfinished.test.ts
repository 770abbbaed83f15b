/** Requests over gRPC that are begun and not finished, as whoever wants to fill the memory of a node sends them. */
import assert from 'node:assert/strict';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { servingLimitsSchema } from '../../src/contract/servingLimits.js';
import { listenGrpc } from '../../src/serving-node/grpc/listen.js';
import { eventually } from '../fixtures/eventually.js';
import { grpcClient, type GrpcClient } from '../fixtures/grpc/client.js';

const MIB = 1024 * 1024;
const ROOM = 8 * MIB;
/** What the client keeps itself is no matter here. */
const CLIENT = { maxSessionMemory: 1_000 };
const METHOD = '/inference.GRPCInferenceService/ServerReady';

interface Staged {
  readonly client: GrpcClient;
  /** Calls as they were counted: `code` of each that ended. */
  readonly handled: number[];
  /** Connections that end with the test. */
  open(): ClientHttp2Session;
}

const staged = async (tell: (stage: Staged) => Promise<void>, room = ROOM): Promise<void> => {
  const handled: number[] = [];
  const listener = await listenGrpc(
    {
      limits: servingLimitsSchema.parse({ bodiesBytes: room, requestBytes: 2 * MIB }),
      deployments: { ready: () => true } as never,
      metrics: { grpc: { started: () => undefined, handled: (_service, _method, code) => handled.push(code) } },
      inference: {} as never,
    },
    '127.0.0.1',
    0,
  );
  const client = grpcClient(`127.0.0.1:${listener.port}`);
  const sessions: ClientHttp2Session[] = [];
  try {
    await tell({
      client,
      handled,
      open: () => {
        const session = connect(`http://127.0.0.1:${listener.port}`, CLIENT);
        session.on('error', () => undefined);
        sessions.push(session);
        return session;
      },
    });
  } finally {
    client.close();
    for (const session of sessions) session.destroy();
    await listener.close();
  }
};

/** A call, of whose message `sent` is sent and no more. */
const begin = (session: ClientHttp2Session, sent: Buffer, headers: Readonly<Record<string, string>> = {}) => {
  const stream = session.request({
    ...{ ':method': 'POST', ':path': METHOD, te: 'trailers', 'content-type': 'application/grpc' },
    ...headers,
  });
  const call: Begun = { stream, status: undefined, closed: false };
  stream.on('error', () => undefined);
  stream.on('response', (answered) => (call.status = Number(answered['grpc-status'])));
  stream.on('close', () => (call.closed = true));
  stream.resume();
  stream.write(sent);
  return call;
};

interface Begun {
  readonly stream: ClientHttp2Stream;
  status: number | undefined;
  closed: boolean;
}

/** The first bytes of a message that says that it has `whole`. */
const part = (whole: number, sent: number, isPacked = false): Buffer => {
  const bytes = Buffer.alloc(5 + sent);
  bytes[0] = isPacked ? 1 : 0;
  bytes.writeUInt32BE(whole, 1);
  return bytes;
};

describe('requests over gRPC that are not finished', () => {
  it('are held within the room for requests, over all connections', () =>
    staged(async ({ client, handled, open }) => {
      const sessions = [open(), open(), open()];
      const calls = sessions.flatMap((session) => Array.from({ length: 16 }, () => begin(session, part(2 * MIB, MIB))));
      // 48 MiB were sent; of what is not refused there is room for less than eight.
      await eventually(() => assert.ok(calls.filter(({ closed }) => !closed).length < ROOM / MIB), 20_000);
      const refused = calls.filter(({ status }) => status !== undefined);
      assert.deepEqual(new Set(refused.map(({ status }) => status)), new Set([8]));
      assert.equal(calls.filter(({ closed }) => closed).length, refused.length, 'a refusal ends the stream as well');
      assert.equal(handled.filter((code) => code === 8).length, refused.length, 'and is counted');
      for (const session of sessions) session.destroy();
      await eventually(async () => assert.equal((await client.ask('ServerReady')).code, 0));
      // All of it is given back: as much can be begun again.
      const again = open();
      const seven = Array.from({ length: 7 }, () => begin(again, part(2 * MIB, MIB)));
      await eventually(async () => assert.equal((await client.ask('ServerReady')).code, 0));
      assert.deepEqual(
        seven.map(({ status }) => status),
        new Array(7).fill(undefined),
      );
    }));

  it('give back what they held when a deadline of their own ends them', () =>
    staged(async ({ open }) => {
      const session = open();
      for (let round = 0; round < 4; round += 1) {
        const calls = Array.from({ length: 6 }, () => begin(session, part(2 * MIB, MIB), { 'grpc-timeout': '500m' }));
        await eventually(() => assert.ok(calls.every(({ closed }) => closed)));
        assert.deepEqual(
          calls.map(({ status }) => status),
          new Array(6).fill(4),
          `round ${round}: there was room`,
        );
      }
    }));

  it('count as what they may become where they are compressed', () =>
    staged(async ({ client, open }) => {
      const session = open();
      const packed = gzipSync(Buffer.alloc(2 * MIB)).subarray(0, 1_900);
      const calls = Array.from({ length: 8 }, () =>
        begin(session, Buffer.concat([part(2_000, 0, true), packed]), { 'grpc-encoding': 'gzip' }),
      );
      await eventually(() => assert.ok(calls.filter(({ status }) => status === 8).length >= 4));
      for (const { stream } of calls) stream.destroy();
      await eventually(async () => assert.equal((await client.ask('ServerReady')).code, 0));
    }));

  it('count as what they cost where they come in pieces', () =>
    staged(async ({ open }) => {
      const call = begin(open(), part(2 * MIB, 0));
      let sent = 0;
      // One byte in each frame: all that was sent together would be one.
      for (; call.status === undefined && sent < 10_000; sent += 1)
        await new Promise((resolve) => call.stream.write(Buffer.alloc(1), resolve));
      assert.equal(call.status, 8);
    }, 256 * 1024));
});
