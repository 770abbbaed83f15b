import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { makeArtifact, predicted, testModel } from '../fixtures/artifact.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { startStandalone, type Standalone } from './standalone.js';

/** `FUZZ_REQUESTS=1000000 npm test -- serving/fuzz` for the long run. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 5_000);
const CONNECTIONS = 16;
const VALUES = [
  'null',
  '1e400',
  '-0',
  '"7"',
  '[]',
  '{}',
  'true',
  '1e39',
  '9007199254740993',
  'NaN',
  '""',
  '"\\ud800"',
  '[[[[1]]]]',
  '-1',
];

/** mulberry32 */
const stream = (seed: number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return { next, below: (limit: number): number => Math.floor(next() * limit) };
};

type Random = ReturnType<typeof stream>;

interface Shot {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A request that was right once: a value, a byte, a length, or a header of it is not. */
const mutate = (random: Random): Shot => {
  const rows = Array.from({ length: 1 + random.below(4) }, (_, row) => ({ hour: row, distance: row, origin: 'a' }));
  const good = inferBody(rows);
  const headers: Record<string, string> = {};
  let body = Buffer.from(good);
  switch (random.below(6)) {
    case 0: {
      const value = VALUES[random.below(VALUES.length)]!;
      const places = [...good.matchAll(/\d+|"[A-Z0-9a-z]+"|\[\d/g)];
      const place = places[random.below(places.length)]!;
      body = Buffer.from(good.slice(0, place.index) + value + good.slice(place.index + place[0].length));
      break;
    }
    case 1:
      for (let flips = 1 + random.below(8); flips > 0; flips -= 1) body[random.below(body.length)] = random.below(256);
      break;
    case 2:
      body = body.subarray(0, random.below(body.length));
      break;
    case 3:
      body = Buffer.concat([body, Buffer.from(Array.from({ length: random.below(64) }, () => random.below(256)))]);
      headers['inference-header-content-length'] = String(random.below(2 * body.length) - 5);
      break;
    case 4:
      body = Buffer.from(
        good.replace('"FP32","data"', `"FP32","parameters":{"binary_data_size":${random.below(20)}},"x"`) +
          'x'.repeat(random.below(20)),
      );
      headers['inference-header-content-length'] = String(body.lastIndexOf('}') + 1);
      break;
    default:
      body = Buffer.from('['.repeat(random.below(5_000)) + good);
  }
  return { body, headers };
};

const shoot = (
  agent: Agent,
  url: string,
  { body, headers }: Shot,
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const question = request(
      url,
      { agent, method: 'POST', headers: { ...headers, 'content-length': body.length } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    question.once('error', reject);
    question.end(body);
  });

describe('S51: fuzzed requests', () => {
  let alone: Standalone;
  before(async () => {
    alone = await startStandalone(makeArtifact(testModel(0.1)), { requestBytes: 65_536, logRows: 1_000 });
    await alone.server.ready;
  });
  after(() => alone.stop());

  it(`answers ${REQUESTS} of them with 200 or a 4xx in the protocol's words, and is as good as before`, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const url = `${alone.url}/v2/models/late/infer`;
    const random = stream(51);
    const counts: Record<number, number> = {};
    let left = REQUESTS;
    const shooter = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const shot = mutate(random);
        const { status, type, text } = await shoot(agent, url, shot);
        counts[status] = (counts[status] ?? 0) + 1;
        assert.ok(
          status === 200 || (status >= 400 && status < 500),
          `${status} ${text} for ${shot.body.toString('latin1')}`,
        );
        assert.equal(type, 'application/json');
        const answer = JSON.parse(text) as { error?: unknown; outputs?: unknown };
        assert.equal(typeof (status === 200 ? answer.outputs : answer.error), status === 200 ? 'object' : 'string');
        // The store in memory would be what grows.
        if (left % 1_000 === 0)
          for (const key of await alone.store.listDocuments('inference/')) await alone.store.deleteDocument(key);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, shooter));
    agent.destroy();
    assert.ok((counts[400] ?? 0) > REQUESTS / 3 && (counts[200] ?? 0) > 0, JSON.stringify(counts));
    const { body } = await infer(alone.url, inferBody([{ hour: 7, distance: 1, origin: 'a' }]));
    assert.ok(Math.abs(body.outputs![0]!.data[0]! - predicted(0.1, 7, 1, 0)) < 1e-6);
  });
});
