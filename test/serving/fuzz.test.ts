import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { makeArtifact, predicted, testModel } from '../fixtures/artifact.js';
import { infer, inferBody } from '../fixtures/inferRequests.js';
import { mutate, stream, type Shot } from './shots.js';
import { startStandalone, type Standalone } from './standalone.js';

/** A million in a process apart: `npm test -- fuzz`. */
const REQUESTS = 5_000;
const CONNECTIONS = 16;

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
