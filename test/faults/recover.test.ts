import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RecoveredState } from '../../src/domain/environment/recoverState.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import type { LedgerAudit } from '../../src/domain/ledger/auditLedger.js';
import { withEngine } from '../faults/engine.js';
import { ferryFiles, FERRIES, ferrySpec, openProduct, type Product } from '../fixtures/product.js';
import { startUsers, type SteadyLoad } from '../fixtures/steadyLoad.js';
import { usualFerries } from '../fixtures/ferryTraffic.js';

interface Plan {
  readonly recovered: boolean;
  readonly engine: object | null;
  readonly environments: readonly (RecoveredState & { readonly environment: string })[];
  readonly interrupted: readonly ReleaseView[];
  readonly monitored: readonly { readonly environment: string }[];
}

interface Production {
  readonly epoch: number;
  readonly champion?: { readonly artifactDigest: string };
  readonly previous?: { readonly artifactDigest: string };
}

const APPROVED = { '{ name: production, approval: automatic,': '{ name: production, approval: { roles: [reviewer] },' };

describe('given production with traffic, a release that waits, and a Temporal that loses its database', () => {
  let product: Product;
  let traffic: SteadyLoad;
  const promoted: ReleaseView[] = [];
  let waiting = '';

  const release = (days: number, more: Readonly<Record<string, string>> = {}): Promise<string> =>
    product.releaseOf(
      product.repository.commit(
        ferryFiles({ 'slipway.yaml': ferrySpec({ 'data.days: 12': `data.days: ${days}`, ...more }) }),
      ),
    );
  const production = async (): Promise<Production> =>
    (await product.request('GET', `/api/v1/models/${FERRIES}/environments/production`)).json() as Promise<Production>;
  const recover = async (...words: readonly string[]) => {
    const { exit, output, stderr } = await product.slipway(['recover', ...words], 'oncall');
    return { exit, stderr, plan: output as Plan };
  };

  before(async () => {
    product = await openProduct();
    for (const days of [12, 13]) {
      const view = await product.untilEnded(await release(days));
      assert.equal(view.outcome, 'promoted', view.reason);
      promoted.push(view);
    }
    waiting = await release(14, APPROVED);
    await product.untilRelease(waiting, (view) => (view.waiting ?? view.outcome) !== undefined);
    traffic = startUsers(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, usualFerries());
    await traffic.pass(20);
    for (const name of readdirSync(product.home).filter((file) => file.startsWith('temporal.sqlite')))
      rmSync(join(product.home, name));
    await product.kill9('temporal');
  });
  after(() => product.close());

  it('then nothing is changed, and what refuses names the way out', async () => {
    const refused = await product.slipway(['release', 'start', '--model', FERRIES]);
    assert.equal(refused.exit, 9);
    assert.match(refused.stderr, /temporal_empty: .*\n.*`slipway recover`/);
  });

  it('then the plan names champion, epoch and sources of each environment, and does nothing', async () => {
    const { exit, plan } = await recover();
    assert.deepEqual([exit, plan.recovered], [0, false]);
    assert.deepEqual(
      plan.environments.map(({ environment, state, championFrom, seen, disagreements }) => [
        environment,
        state.epoch,
        state.champion?.artifactDigest,
        championFrom,
        seen,
        disagreements,
      ]),
      // The release that waits serves in staging already.
      ['staging', 'production'].map((name) => {
        const epoch = name === 'staging' ? 3 : 2;
        const champion = name === 'staging' ? plan.interrupted[0]?.artifactDigest : promoted[1]?.artifactDigest;
        return [name, epoch + 1, champion, 'ledger', { ledger: epoch, pointer: epoch, target: epoch }, []];
      }),
    );
    assert.deepEqual(
      plan.interrupted.map(({ releaseId, outcome, reason }) => [releaseId, outcome, reason]),
      [[`release/${waiting}`, 'failed', 'the engine lost it while it waited for approval of production']],
    );
    assert.deepEqual(
      plan.monitored.map(({ environment }) => environment),
      ['production'],
    );
    const told = await product.say(['recover'], 'oncall');
    assert.match(told.stdout, /production +[0-9a-f]{12} +ledger +2 +2 +2 +3 /);
    assert.match(told.stdout, /go on with: slipway release resume/);
    assert.equal((await product.slipway(['recover', '--yes'], 'author')).exit, 3);
  });

  it('when it is recovered, then each environment has champion, history and a higher epoch, and a repeat does nothing', async () => {
    const { exit, stderr, plan } = await recover('--yes');
    assert.equal(exit, 0, stderr);
    assert.equal(plan.recovered, true);
    const { epoch, champion, previous } = await production();
    assert.deepEqual(
      [epoch, champion?.artifactDigest, previous?.artifactDigest],
      [3, promoted[1]?.artifactDigest, promoted[0]?.artifactDigest],
    );
    const again = await recover('--yes');
    assert.deepEqual([again.exit, again.plan.engine, (await production()).epoch], [0, null, 3]);
    const schedules = await withEngine(product, async (client) => {
      const ids: string[] = [];
      for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
      return ids.sort();
    });
    assert.deepEqual(schedules, [
      `drift/${FERRIES}/production`,
      `source/${FERRIES}`,
      `target/${FERRIES}/production`,
      `target/${FERRIES}/staging`,
    ]);
  });

  it('then the release that waited is resumed, asks again, and is promoted', async () => {
    assert.equal((await product.show(waiting)).outcome, 'failed');
    const resumed = await product.slipway(['release', 'resume', waiting]);
    assert.equal(resumed.exit, 0, resumed.stderr);
    assert.equal((resumed.output as { from: string }).from, 'approve');
    await product.untilRelease(waiting, (view) => (view.waiting ?? view.outcome) !== undefined && view.resumed === 1);
    const approved = await product.slipway(['approve', waiting], 'reviewer');
    assert.equal(approved.exit, 0, approved.stderr);
    const view = await product.untilRelease(waiting, ({ resumed, outcome }) => resumed === 1 && outcome !== undefined);
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.equal((await production()).epoch, 4);
  });

  it('then a new commit is released, a rollback works, and no request failed in all that time', async () => {
    const view = await product.untilEnded(await release(15));
    assert.equal(view.outcome, 'promoted', view.reason);
    assert.equal((await production()).epoch, 5);
    const back = await product.slipway(['rollback', FERRIES, 'production'], 'oncall');
    assert.equal(back.exit, 0, back.stderr);
    const { champion } = await production();
    assert.equal(champion?.artifactDigest, (await product.show(waiting)).artifactDigest);
    await traffic.pass(20);
    const { failures, answered } = await traffic.stop();
    assert.deepEqual(failures, []);
    assert.ok(answered > 100, String(answered));
  });

  it('then the ledger tells of it, unbroken', async () => {
    const verify = await product.slipway(['audit', 'verify']);
    assert.equal(verify.exit, 0, JSON.stringify(verify.output));
    assert.equal((verify.output as LedgerAudit).unsigned, 0);
    const shown = await product.slipway(['audit', 'show', waiting]);
    const kinds = (shown.output as { story: readonly { kind: string }[] }).story.map(({ kind }) => kind);
    assert.deepEqual(
      kinds.filter((kind) => kind.startsWith('release.')),
      ['release.started', 'release.ended', 'release.resumed', 'release.ended'],
    );
  });
});
