import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { TargetState } from '../../src/domain/rollout/types.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { startUsers } from '../fixtures/steadyLoad.js';
import { canarySpec, usualFerries } from '../fixtures/ferryTraffic.js';

interface Production {
  readonly epoch: number;
  readonly champion?: { readonly artifactDigest: string };
  readonly candidate?: { readonly artifactDigest: string };
  readonly serving?: TargetState;
}

describe('given production with traffic', () => {
  let product: Product;
  let champion: ReleaseView;
  before(async () => {
    product = await openProduct({ workers: 1 });
    champion = await product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles())));
    assert.equal(champion.outcome, 'promoted', JSON.stringify(champion));
  });
  after(() => product.close());

  const hexOf = ({ artifactDigest }: ReleaseView): string => artifactDigest?.slice('sha256:'.length) ?? 'none';
  const load = () => startUsers(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, usualFerries());
  const commit = (files: Readonly<Record<string, string>>): string => product.repository.commit(ferryFiles(files));
  const production = async (): Promise<Production> =>
    (await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`)).json() as Promise<Production>;
  const assertOnly = async (version: ReleaseView): Promise<void> => {
    const { serving } = await production();
    assert.deepEqual(
      serving?.versions.map(({ servedDigest, weight }) => [servedDigest, weight]),
      [[version.artifactDigest, 100]],
    );
    const { stdout } = await product.say(['status']);
    assert.match(
      stdout,
      new RegExp(`production +\\d+ +${hexOf(version).slice(0, 12)} +${hexOf(version).slice(0, 12)} 100 %`),
    );
  };

  it('when a sound version passes its canary, then it is promoted, and no request failed', async () => {
    const traffic = load();
    const view = await product.untilEnded(await product.releaseOf(commit({ 'slipway.yaml': canarySpec('500ms') })));
    await traffic.pass(50);
    const { failures, byVersion, answered } = await traffic.stop();
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
    assert.deepEqual(failures, []);
    assert.ok(answered > 100);
    assert.deepEqual(Object.keys(byVersion).sort(), [hexOf(champion), hexOf(view)].sort());
    await assertOnly(view);
    champion = view;
  });

  it('when a version passes its gates but not the look at live traffic, then the champion has all of it again', async () => {
    const traffic = load();
    const skewed = commit({
      'slipway.yaml': canarySpec('500ms'),
      'lib/units.mjs': 'export const LOAD_SIGN = 10;\n',
    });
    const view = await product.untilEnded(await product.releaseOf(skewed));
    await traffic.pass(50);
    const { failures } = await traffic.stop();
    const shown = await product.say(['release', 'show', skewed, '--wait']);
    assert.equal(shown.exit, 11, shown.stdout);
    assert.match(shown.stdout, /: rolled_back, .*load.* is 0\.\d+, beyond its limit of 0\.35/);
    assert.equal(
      view.stages.find(({ name, environment }) => name === 'gate' && environment === 'staging')?.verdict,
      'pass',
    );
    assert.deepEqual(failures, []);
    await assertOnly(champion);
  });

  it('when a newer commit arrives while the older is built, then the older is superseded', async () => {
    const slow = ferrySpec({ 'run: node pipeline/train.mjs': 'run: sleep 600' });
    const older = commit({ 'slipway.yaml': slow });
    await product.untilRelease(await product.releaseOf(older), ({ stages }) =>
      stages.some(({ name, status }) => name === 'build' && status === 'running'),
    );
    const newer = await product.releaseOf(commit({ 'slipway.yaml': ferrySpec({}) }));
    const shown = await product.say(['release', 'show', older, '--wait']);
    assert.equal(shown.exit, 10);
    assert.match(shown.stdout, new RegExp(`: superseded, superseded by release/${newer}`));
    const view = await product.untilEnded(newer);
    assert.equal(view.outcome, 'promoted', JSON.stringify(view));
    champion = view;
  });

  it('when a newer commit arrives while the older moves traffic, then it waits, and only one writes at a time', async () => {
    const traffic = load();
    const older = await product.releaseOf(commit({ 'slipway.yaml': canarySpec('2s') }));
    const inProduction = (view: ReleaseView, is: string): boolean =>
      view.stages.some(
        ({ name, environment, status }) => name === 'deploy' && environment === 'production' && status === is,
      );
    await product.untilRelease(older, (view) => inProduction(view, 'running'));
    const newer = await product.releaseOf(commit({ 'slipway.yaml': canarySpec('500ms') }));
    const seen: Production[] = [];
    for (let ended = false; !ended;) {
      seen.push(await production());
      ended = (await product.show(newer)).outcome !== undefined;
    }
    const { failures } = await traffic.stop();
    const [first, second] = [await product.show(older), await product.show(newer)];
    assert.deepEqual([first.outcome, second.outcome], ['promoted', 'promoted'], JSON.stringify([first, second]));
    assert.deepEqual(failures, []);

    const deployed = (view: ReleaseView) =>
      view.stages.find(({ name, environment }) => name === 'deploy' && environment === 'production');
    const epochOf = (view: ReleaseView): number => Number(/epoch (\d+)/.exec(deployed(view)?.reason ?? '')?.[1]);
    assert.ok(epochOf(first) < epochOf(second));
    // Whoever has traffic besides the champion is the one version of that epoch.
    const candidates = new Map<number, Set<string>>();
    const fences = seen.flatMap(({ serving }) => (serving === undefined ? [] : [serving.fence]));
    for (const { serving } of seen)
      for (const { role, artifactDigest } of serving?.versions ?? [])
        if (role === 'candidate')
          candidates.set(serving!.fence.epoch, (candidates.get(serving!.fence.epoch) ?? new Set()).add(artifactDigest));
    assert.deepEqual(candidates.get(epochOf(first)), new Set([first.artifactDigest]));
    for (const [, versions] of candidates) assert.equal(versions.size, 1);
    assert.deepEqual(
      fences,
      [...fences].sort((a, b) => a.epoch - b.epoch || a.seq - b.seq),
    );
    champion = second;
  });

  it('when somebody rolls back, then the version before serves within the command', async () => {
    const { output } = await product.slipway(['release', 'list']);
    const before = (output as { releases: readonly { outcome?: string; commit: string }[] }).releases
      .filter(({ outcome }) => outcome === 'promoted')
      .map(({ commit: hash }) => hash)
      .find((hash) => hash !== champion.commit);
    const earlier = await product.show(`${FERRIES}/${before}`);
    const refused = await product.say(['rollback', FERRIES, 'production'], 'reviewer');
    assert.equal(refused.exit, 3);
    assert.match(refused.stderr, /^forbidden: /m);
    const back = await product.say(['rollback', FERRIES, 'production', '--reason', 'complaints'], 'oncall');
    assert.equal(back.exit, 0, back.stderr);
    assert.match(
      back.stdout,
      new RegExp(`^production serves ${earlier.artifactDigest} \\(commit ${before?.slice(0, 12)}\\)`),
    );
    await assertOnly(earlier);
    const nowhere = await product.say(['rollback', FERRIES, 'harbour'], 'oncall');
    assert.equal(nowhere.exit, 8);
    assert.match(nowhere.stderr, /^unknown_environment: /);
  });
});
