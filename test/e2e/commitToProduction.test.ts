import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

describe('given a model repository that the installation watches', () => {
  let product: Product;
  before(async () => {
    product = await openProduct();
  });
  after(() => product.close());

  it('when a commit arrives, then it reaches production without anybody being asked', async () => {
    const commit = product.repository.commit(ferryFiles());
    const view = await product.untilEnded(await product.releaseOf(commit));
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
    const { exit, output } = await product.slipway(['status']);
    assert.equal(exit, 0);
    const { environments } = output as {
      environments: { environment: string; champion?: { artifactDigest: string } }[];
    };
    const championOf = (name: string) => environments.find((one) => one.environment === name)?.champion?.artifactDigest;
    for (const name of ['staging', 'production']) assert.equal(championOf(name), view.artifactDigest, name);
    const served = await fetch(`${product.servingUrl('production')}/v2/models/${FERRIES}`);
    const { versions } = (await served.json()) as { versions: string[] };
    assert.deepEqual(versions, [view.artifactDigest?.slice('sha256:'.length)]);
  });

  it('when its slipway.yaml has a mistake, then the release fails with the place of it, and nothing is deployed', async () => {
    const spec = ferrySpec({ 'metric: brier, max: 0.25': 'metric: brier, maxx: 0.25' });
    const commit = product.repository.commit(ferryFiles({ 'slipway.yaml': spec }));
    const view = await product.untilEnded(await product.releaseOf(commit));
    assert.equal(view.outcome, 'failed');
    assert.match(view.reason ?? '', /slipway\.yaml:38:\d+.*maxx/);
    assert.equal(view.artifactDigest, undefined);
  });
});
