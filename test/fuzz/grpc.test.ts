/** S51 over gRPC: messages that are damaged, cut off, compressed or too large, to a serving node in a process of its own. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { grpcClient, type GrpcClient } from '../fixtures/grpc/client.js';
import { codec } from '../fixtures/grpc/proto.js';
import { inferRequest, probabilitiesOf } from '../fixtures/grpc/requests.js';
import { predicted } from '../fixtures/artifact.js';
import { openScene, targetVersion, type Scene } from '../serving/scene.js';
import { stream, type Random } from '../serving/shots.js';

/** `FUZZ_REQUESTS=20000` for a short run. */
const CALLS = Number(process.env['FUZZ_REQUESTS'] ?? 1_000_000) / 10;
const CALLERS = 16;
/** One of so many is a stream of HTTP/2 that ends anyhow. */
const RAW = 50;
const LOOKS = 20;
const ROWS = [1, 2, 3].map((hour) => ({ hour, distance: hour, origin: 'a' }));
const GOOD = codec('ModelInferRequest').encode(inferRequest(ROWS));
/** OK, INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED. */
const EXPECTED = new Set([0, 3, 5, 8]);

describe('a serving node that is shot at over gRPC', () => {
  let scene: Scene;
  let client: GrpcClient;
  before(async () => {
    scene = await openScene({ requestBytes: 65_536, logShare: 0 });
    await scene.apply(targetVersion(scene.first, 100));
    await scene.ready(scene.first.artifactDigest);
    client = grpcClient(scene.node.grpcAddress());
  });
  after(async () => {
    client.close();
    await scene.node.discard();
  });

  const damaged = (random: Random): Buffer => {
    const message = Buffer.from(GOOD);
    switch (random.below(4)) {
      case 0:
        return message.subarray(0, random.below(message.length));
      case 1:
        return Buffer.concat([message, Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)))]);
      case 2:
        return Buffer.alloc(random.below(4) === 0 ? 1_200_000 : random.below(2_000), message);
      default:
        for (let flips = 1 + random.below(8); flips > 0; flips -= 1)
          message[random.below(message.length)] = random.below(256);
        return message;
    }
  };

  /** A stream that lies about its length, its encoding or its type, sends too much, or goes away. */
  const shootRaw = async (random: Random): Promise<void> => {
    const session = connect(`http://${scene.node.grpcAddress()}`).on('error', () => undefined);
    const kind = random.below(6);
    const body = kind === 2 ? gzipSync(Buffer.alloc(8 << 20)) : damaged(random);
    const head = Buffer.from([kind === 2 ? 1 : kind === 3 ? random.below(256) : 0, 0, 0, 0, 0]);
    head.writeUInt32BE(kind === 1 ? 0xffff_fff0 : Math.max(0, body.length + (kind === 4 ? 50 : 0)), 1);
    const asked = session.request({
      ':method': 'POST',
      ':path': '/inference.GRPCInferenceService/ModelInfer',
      'content-type': kind === 5 ? 'application/json' : 'application/grpc',
      te: 'trailers',
      ...(kind === 2 ? { 'grpc-encoding': 'gzip' } : {}),
      ...(kind === 3 ? { 'grpc-timeout': ['1n', '99999999H', 'x', '-5m'][random.below(4)]! } : {}),
    });
    asked.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => asked.once('close', resolve));
    asked.write(Buffer.concat([head, body]));
    if (random.below(10) === 0) asked.close();
    else asked.end();
    await closed;
    session.destroy();
  };

  const residentMiB = (): number =>
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(scene.node.pid())], { encoding: 'utf8' })) / 1024;

  it(`answers ${CALLS} calls with OK or what is wrong with them, in memory that does not grow`, async () => {
    const random = stream(52);
    const pid = scene.node.pid();
    const counts: Record<number, number> = {};
    const memory: number[] = [];
    let left = CALLS;
    const caller = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        if (left % Math.ceil(CALLS / LOOKS) === 0) memory.push(residentMiB());
        if (random.below(RAW) === 0) {
          await shootRaw(random);
          continue;
        }
        const { code, details } = await client.raw(damaged(random));
        counts[code] = (counts[code] ?? 0) + 1;
        assert.ok(EXPECTED.has(code), `${code} ${details}`);
        assert.ok(code === 0 || details.length > 0);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    console.log(`answers by code: ${JSON.stringify(counts)}; MiB: ${memory.map(Math.round).join(' ')}`);
    process.kill(pid, 0);
    for (const code of [0, 3, 8]) assert.ok((counts[code] ?? 0) > 0, `some of ${code}`);
    // Messages of a megabyte fill the heap first; then it stays as it is.
    const early = middle(memory.slice(LOOKS / 2, (LOOKS * 3) / 4));
    const late = middle(memory.slice(-LOOKS / 4));
    assert.ok(late < 1.3 * early, `memory grew from ${early} to ${late} MiB`);
    const { answer } = await client.infer(inferRequest(ROWS));
    assert.ok(Math.abs(probabilitiesOf(answer)[0]! - predicted(0.1, 1, 1, 0)) < 1e-6);
  });
});

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
