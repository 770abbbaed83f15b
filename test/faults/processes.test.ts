import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView, StageName } from '../../src/domain/release/types.js';
import { until } from '../supervisor/scene.js';
import { openBucket } from './bucket.js';
import { commandsOf } from './observe.js';
import { killedAt, openFaults, seconds, type FaultScene } from './scene.js';

const reached =
  (stage: StageName, environment?: string) =>
  (view: ReleaseView): boolean =>
    view.stages.some((one) => one.name === stage && one.environment === environment && one.startedAt !== undefined);

describe('given a release that passes while the processes around it die', () => {
  let scene: FaultScene;
  before(async () => {
    scene = await openFaults();
  });
  after(() => scene.close());

  it('F1 F49: when signer, API and serving nodes are killed, then the release is promoted, and nothing happened twice', async (test) => {
    const { product } = scene;
    const name = scene.commit();
    const kill = async (process: string, when: string): Promise<void> => {
      const began = performance.now();
      await product.kill9(process);
      test.diagnostic(`${process} killed ${when}: was back after ${seconds(performance.now() - began)}`);
    };
    await product.untilRelease(name, reached('build'));
    await kill('signer', 'while the model is built');
    await product.untilRelease(name, reached('package'));
    await kill('signer', 'while the artifact is packaged');
    await product.untilRelease(name, reached('deploy', 'staging'));
    await Promise.all([kill('serving-staging', 'while it brings a version up'), kill('api', 'at the same time')]);
    await scene.approve(name);
    await until(() => commandsOf(product, 'production').some(({ seq }) => seq >= 2));
    await kill('serving-production', 'with half of the traffic on the candidate');
    const { outcome, reason } = await scene.ended(name);
    assert.equal(outcome, 'promoted', reason);
    await scene.settle(test, 'signer, API and both serving nodes killed', { [name]: 'promoted' });
  });
});

describe('given a person who has clicked', () => {
  let scene: FaultScene;
  before(async () => {
    // The worker dies with the decision taken, so that no answer can be on its way yet.
    scene = await openFaults({ env: { SLIPWAY_FAILPOINTS: 'verifyDecision.taken' } });
  });
  after(() => scene.close());

  it('F53: when the API is killed before it answers, then the same click again is answered, and the decision counts once', async (test) => {
    const { product } = scene;
    const name = scene.commit();
    const { waiting } = await product.untilRelease(name, (view) => view.waiting !== undefined);
    const click = (): Promise<Response> =>
      fetch(`${product.url('api')}/api/v1/releases/${name}/decisions`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${product.token('reviewer')}`,
          'content-type': 'application/json',
          'idempotency-key': 'one-click',
        },
        body: JSON.stringify({ decision: 'approve', reason: '' }),
      });
    const first = click().then(
      () => 'answered',
      () => 'cut off',
    );
    await until(() => killedAt(product, 'verifyDecision.taken') !== undefined);
    const taken = await openBucket(product, 'slipway').keys('decisions/');
    assert.equal(taken.length, 1, 'the effect had happened');
    const began = performance.now();
    await product.kill9('api');
    assert.equal(await first, 'cut off');
    let answer = await click();
    while (answer.status >= 500) answer = await click();
    const took = performance.now() - began;
    assert.equal(answer.status, 200, await answer.clone().text());
    const { jti } = (await answer.json()) as { jti: string };
    assert.deepEqual(taken, [`decisions/${jti}`]);
    scene.acknowledged.push({
      jti,
      releaseId: `release/${name}`,
      artifactDigest: waiting!.subject.artifactDigest,
    });
    const { outcome, reason } = await scene.ended(name);
    assert.equal(outcome, 'promoted', reason);
    await scene.settle(test, 'API killed between click and answer', { [name]: 'promoted' }, took);
  });
});
