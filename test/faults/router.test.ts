/** The router for long: what test/serving shows in seconds, at the numbers that are promised. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { infer } from '../fixtures/inferRequests.js';
import { startLoad } from '../fixtures/steadyLoad.js';
import { MODEL, ONE_ROW, openScene, targetVersion, type Scene } from '../serving/scene.js';

describe('the router, for long', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ logEveryMs: 60_000 });
  });
  after(() => scene.node.discard());

  const split = async (weight: number): Promise<void> => {
    await scene.apply(targetVersion(scene.first, 100 - weight), targetVersion(scene.second, weight, 'candidate'));
    await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
  };
  const url = (): string => `${scene.node.url()}/v2/models/${MODEL}/infer`;

  it('moves all traffic 1,000 times under load without a failed request', async (test) => {
    await split(0);
    const load = startLoad(url(), ONE_ROW);
    const began = performance.now();
    for (let turn = 0; turn < 1_000; turn += 1) {
      const weight = turn % 2 === 0 ? 100 : 0;
      await scene.apply(targetVersion(scene.first, 100 - weight), targetVersion(scene.second, weight, 'candidate'));
      await load.pass(10);
    }
    const took = performance.now() - began;
    const { failures, answered, byVersion } = await load.stop();
    test.diagnostic(
      `${answered} requests, 1,000 switches in ${(took / 1_000).toFixed(1)} s, ${failures.length} failed`,
    );
    assert.deepEqual(failures.slice(0, 3), []);
    assert.equal(Object.keys(byVersion).length, 2);
    await scene.apply(targetVersion(scene.first, 100), targetVersion(scene.second, 0, 'candidate'));
    for (let asked = 0; asked < 50; asked += 1)
      assert.equal((await infer(scene.node.url(), ONE_ROW)).body.model_version, scene.first.artifactDigest.slice(7));
  });

  it('lets no key flip in 50,000 requests, through changes of weights and kills of the node, and splits as it was told', async (test) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const candidate = scene.second.artifactDigest.slice(7);
    const ask = (key: string): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const headers = { 'x-slipway-key': key, 'content-length': Buffer.byteLength(ONE_ROW) };
        const question = request(url(), { agent, method: 'POST', headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.once('end', () =>
            response.statusCode === 200 ? resolve(text.includes(candidate)) : reject(new Error(text)),
          );
        });
        question.once('error', reject).end(ONE_ROW);
      });
    const KEYS = 5_000;
    /** Which keys the candidate has now, each asked once. */
    const holders = async (): Promise<ReadonlySet<number>> => {
      const found = new Set<number>();
      let next = 0;
      const caller = async (): Promise<void> => {
        for (let key = next++; key < KEYS; key = next++) if (await ask(`customer ${key}`)) found.add(key);
      };
      await Promise.all(Array.from({ length: 16 }, caller));
      return found;
    };
    let before: ReadonlySet<number> = new Set();
    let weightBefore = 0;
    let flips = 0;
    for (const [turn, weight] of [0.1, 1, 10, 10, 33.3, 50, 25, 25, 99.9, 0.5].entries()) {
      await split(weight);
      if (turn % 3 === 2) {
        await scene.node.crash();
        await scene.node.restart();
        await scene.ready(scene.first.artifactDigest, scene.second.artifactDigest);
      }
      const now = await holders();
      const [smaller, larger] = weight >= weightBefore ? [before, now] : [now, before];
      for (const key of smaller) if (!larger.has(key)) flips += 1;
      if (weight === weightBefore) assert.deepEqual(now, before);
      const share = weight / 100;
      const allowed = 2.576 * Math.sqrt(KEYS * share * (1 - share));
      test.diagnostic(`${weight} %: ${now.size} of ${KEYS} keys, ${Math.round(KEYS * share)} ± ${allowed.toFixed(1)}`);
      assert.ok(Math.abs(now.size - KEYS * share) <= allowed, 'outside of the interval of 99 %');
      [before, weightBefore] = [now, weight];
    }
    agent.destroy();
    assert.equal(flips, 0);
  });
});
