/** Blue/green, and a canary behind a shadow that waits for a person, with real processes and traffic. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { CanaryProgress } from '../../src/domain/rollout/canaryProgress.js';
import { PROMOTED } from '../../src/domain/rollout/shareOf.js';
import type { TargetState } from '../../src/domain/rollout/types.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { startUsers } from '../fixtures/steadyLoad.js';
import { usualFerries } from '../fixtures/ferryTraffic.js';

interface Production {
  readonly epoch: number;
  readonly canary?: CanaryProgress;
  readonly serving?: TargetState;
}

const ANALYSIS =
  'analysis: { maxErrorRateIncrease: 0.01, maxLatencyRatio: 50, maxPredictionDistance: 0.3, maxFeatureDistance: 0.35 }';
const withRollout = (rollout: string): string =>
  ferrySpec({ 'production, approval: automatic': `production, approval: automatic, rollout: ${rollout}` });
const blueGreen = (keep: string): string =>
  withRollout(`{ blueGreen: { keep: ${keep}, minRequests: 30, ${ANALYSIS} } }`);
const SHADOWED = withRollout(`{ canary: {
        shadow: { copies: 100, hold: 500ms, minRequests: 30, ${ANALYSIS} },
        steps: [{ weight: 50, hold: 500ms, minRequests: 30, approve: { roles: [reviewer], deadline: 1h } },
                { weight: 100, hold: 500ms, minRequests: 30 }], ${ANALYSIS} } }`);
/** Passes its gates, and not the look at live traffic. */
const SKEWED = { 'lib/units.mjs': 'export const LOAD_SIGN = 10;\n' };

describe('given production with traffic, and other ways to take over than a canary', () => {
  let product: Product;
  let connection: Connection;
  let champion: ReleaseView;
  before(async () => {
    product = await openProduct({ workers: 1 });
    const address = product.state().processes.find(({ name }) => name === 'temporal')?.address ?? '';
    connection = await Connection.connect({ address });
    champion = await product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles())));
    assert.equal(champion.outcome, 'promoted', JSON.stringify(champion));
  });
  after(async () => {
    await connection.close();
    await product.close();
  });

  const hexOf = ({ artifactDigest }: ReleaseView): string => artifactDigest?.slice('sha256:'.length) ?? 'none';
  const url = () => `${product.servingUrl('production')}/v2/models/${FERRIES}/infer`;
  const load = () => startUsers(url(), usualFerries());
  const commit = (spec: string, files: Readonly<Record<string, string>> = {}): string =>
    product.repository.commit(ferryFiles({ 'slipway.yaml': spec, ...files }));
  const production = async (): Promise<Production> =>
    (await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`)).json() as Promise<Production>;
  /** The first of what production says for which it holds, while the release goes on. */
  const until = async (release: string, holds: (seen: Production) => boolean): Promise<Production> => {
    for (;;) {
      const seen = await production();
      if (holds(seen)) return seen;
      const { outcome, reason } = await product.show(release);
      assert.equal(outcome, undefined, `it has ended before: ${reason}`);
      await delay(50);
    }
  };
  const servedBy = async (version: string): Promise<string> => {
    const headers = { 'content-type': 'application/json', 'x-slipway-version': version };
    const answer = await fetch(url(), { method: 'POST', headers, body: usualFerries() });
    return ((await answer.json()) as { model_version: string }).model_version;
  };
  const shares = ({ serving }: Production) =>
    serving?.versions.map(({ servedDigest, role, weight, copies }) => [servedDigest, role, copies ?? weight]);
  const assertOnly = async (version: ReleaseView): Promise<void> =>
    assert.deepEqual(shares(await production()), [[version.artifactDigest, 'champion', 100]]);

  it('when blue/green takes a sound version over, then what ran before is kept warm until it was judged', async () => {
    const traffic = load();
    const release = await product.releaseOf(commit(blueGreen('4s')));
    const switched = await until(release, ({ canary }) => canary?.phase === 'switch');
    const candidate = await product.show(release);
    assert.deepEqual(shares(switched), [
      [champion.artifactDigest, 'champion', 0],
      [candidate.artifactDigest, 'candidate', 100],
    ]);
    assert.equal(await servedBy('champion'), hexOf(champion), 'it is still there, and answers who asks for it');
    const { stdout } = await product.say(['status']);
    assert.match(stdout, /blue\/green in production, switched, \w+: 100 %, with what ran before kept beside it/);
    const view = await product.untilEnded(release);
    const { failures, byVersion } = await traffic.stop();
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(byVersion).sort(), [hexOf(champion), hexOf(view)].sort());
    await assertOnly(view);
    const { stdout: report } = await product.say(['audit', 'show', view.commit]);
    assert.match(report, /looked at 100 %, switched: pass/);
    champion = view;
  });

  it('when blue/green takes over a version that live traffic does not bear out, then it is back long before the end', async () => {
    const traffic = load();
    const view = await product.untilEnded(await product.releaseOf(commit(blueGreen('40s'), SKEWED)));
    const { failures } = await traffic.stop();
    assert.equal(view.outcome, 'rolled_back', JSON.stringify(view));
    assert.match(view.reason ?? '', /beyond its limit/);
    assert.deepEqual(failures, []);
    await assertOnly(champion);
  });

  it('when a shadow fails, then no caller ever had an answer of it', async () => {
    const traffic = load();
    const view = await product.untilEnded(await product.releaseOf(commit(SHADOWED, SKEWED)));
    const { failures, byVersion } = await traffic.stop();
    assert.equal(view.outcome, 'rolled_back', JSON.stringify(view));
    assert.deepEqual([failures, Object.keys(byVersion)], [[], [hexOf(champion)]]);
    await assertOnly(champion);
  });

  it('when a step asks for a person, then messages move nothing, and the word in the ledger does', async () => {
    const traffic = load();
    const release = await product.releaseOf(commit(SHADOWED, { 'lib/note.mjs': '// sound\n' }));
    const shadowed = await until(release, ({ canary }) => canary?.phase === 'shadow');
    const candidate = await product.show(release);
    assert.deepEqual(shares(shadowed), [
      [champion.artifactDigest, 'champion', 100],
      [candidate.artifactDigest, 'shadow', 100],
    ]);
    const waiting = await until(release, ({ canary }) => canary?.status === 'waiting');
    assert.deepEqual(waiting.canary?.awaits?.roles, ['operator', 'reviewer']);
    const { stdout } = await product.say(['status']);
    assert.match(stdout, /step 1 of 2, waiting: 50 %: waits for the word of operator or reviewer, until /);
    while (!product.receiver.accepted().some(({ type, to }) => type === 'step_waits' && to === 'reviewer'))
      await delay(50);

    const stream = `rollout/${FERRIES}/production/${waiting.epoch}`;
    const rollout = new Client({ connection }).workflow.getHandle(stream);
    const keys = JSON.parse(readFileSync(join(product.home, 'keys', 'store.json'), 'utf8')) as {
      accessKey: string;
      secretKey: string;
    };
    const bucket = createMinioBlobStore({ ...keys, endpoint: product.url('store'), bucket: 'slipway-ledger' });
    const says = (by: string) => {
      const body = { step: 0, by, reason: 'looks right', at: Date.now() };
      return createStoreLedger(bucket).append(stream, `promoted/0/${by}`, PROMOTED, body.at, body);
    };
    await rollout.signal('promote', { by: 'oncall' });
    await says('author');
    await rollout.signal('promote', { by: 'author' });
    await traffic.pass(100);
    const still = await production();
    assert.deepEqual([still.canary?.status, shares(still)?.[1]?.[2]], ['waiting', 50], 'authors do not count');
    await says('reviewer');
    await rollout.signal('promote', { by: 'reviewer' });
    const view = await product.untilEnded(release);
    const { failures } = await traffic.stop();
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
    assert.deepEqual(failures, []);
    await assertOnly(view);
  });
});
