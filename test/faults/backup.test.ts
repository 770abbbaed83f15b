import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LedgerAudit } from '../../src/domain/ledger/auditLedger.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { APPROVED_BY_A_REVIEWER, ferryFiles, FERRIES, openProduct, type Product } from '../fixtures/product.js';
import { slipway as command, until } from '../supervisor/scene.js';
import { usualFerries } from '../fixtures/ferryTraffic.js';

interface Taken {
  readonly number: number;
  readonly objects: number;
  readonly copiedObjects: number;
  readonly privateKeys: boolean;
  readonly checkpoint?: string;
}

describe('given a version that a reviewer let into production, and backups of the installation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-backups-'));
  const backups = join(folder, 'backups');
  let product: Product;
  let released: ReleaseView;
  let answer: unknown;
  let taken: Taken;

  /** Which version answers, and what. */
  const predict = async (): Promise<{ readonly version: string; readonly outputs: unknown }> => {
    const response = await fetch(`${product.servingUrl('production')}/v2/models/${FERRIES}/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: usualFerries(),
    });
    assert.equal(response.status, 200);
    const { model_version, outputs } = (await response.json()) as { model_version: string; outputs: unknown };
    return { version: model_version, outputs };
  };
  const ok = async (words: readonly string[], as?: string): Promise<unknown> => {
    const { exit, output, stderr } = await product.slipway(words, as);
    assert.equal(exit, 0, `${words.join(' ')}: ${stderr}`);
    return output;
  };
  const approve = async (commit: string): Promise<ReleaseView> => {
    const release = await product.releaseOf(commit);
    const asked = await product.untilRelease(release, (view) => (view.waiting ?? view.outcome) !== undefined);
    assert.equal(asked.outcome, undefined, asked.reason);
    await ok(['approve', release], 'reviewer');
    const view = await product.untilEnded(release);
    assert.equal(view.outcome, 'promoted', view.reason);
    return view;
  };
  /** As an operator does it on a machine that has the servers: nothing of the home is left to ask. */
  const restore = async (...words: readonly string[]) => {
    const { exit, stdout, stderr } = command(['restore', backups, '--home', product.home, '--json', ...words]);
    return {
      exit: Number(await exit),
      output: JSON.parse(stdout()) as { missing: readonly string[] },
      stderr: stderr(),
    };
  };

  before(async () => {
    product = await openProduct();
    const spec = { 'slipway.yaml': APPROVED_BY_A_REVIEWER };
    released = await approve(product.repository.commit(ferryFiles(spec)));
    answer = await predict();
  });
  after(async () => {
    await product.close();
    rmSync(folder, { recursive: true });
  });

  it('when one is killed while it copies, then there is none, and the next completes it', async () => {
    const copying = product.begin(['backup', backups]);
    const copied = (): number =>
      existsSync(join(backups, 'blobs')) ? readdirSync(join(backups, 'blobs', 'sha256')).length : 0;
    await until(() => copied() > 0);
    copying.child.kill('SIGKILL');
    await copying.exit;
    assert.deepEqual(readdirSync(join(backups, 'backups')), []);
    assert.equal((await product.slipway(['backup', backups, '--verify'])).exit, 8);
    const before = copied();
    taken = (await ok(['backup', backups])) as Taken;
    assert.deepEqual([taken.number, taken.privateKeys], [1, false]);
    assert.ok(before > 0 && taken.copiedObjects < taken.objects, JSON.stringify({ before, ...taken }));
    const { number, entries } = (await ok(['backup', backups, '--verify'])) as { number: number; entries: number };
    assert.ok(number === 1 && entries > 10, String(entries));
  });

  it('when another follows, with private keys, then hardly anything is copied again', async () => {
    const again = (await ok(['backup', backups, '--private-keys'])) as Taken;
    assert.deepEqual([again.number, again.privateKeys], [2, true]);
    assert.ok(again.copiedObjects < taken.objects / 4, JSON.stringify(again));
    assert.equal(again.checkpoint, taken.checkpoint);
  });

  it('when a home is there, then a restore refuses, and says what is in its way', async () => {
    const { exit, stderr } = await restore();
    assert.equal(exit, 2);
    assert.match(stderr, /is not empty: it has /);
  });

  it('when everything is destroyed and restored, then the same version answers the same, before anything else moves', async () => {
    await product.restart(undefined, async () => {
      for (const name of readdirSync(product.home)) rmSync(join(product.home, name), { recursive: true });
      const { exit, output, stderr } = await restore();
      assert.equal(exit, 0, stderr);
      assert.deepEqual(output.missing, []);
    });
    assert.deepEqual(await predict(), answer);
    assert.equal((answer as { version: string }).version, released.artifactDigest?.slice('sha256:'.length));
    const refused = await product.slipway(['release', 'start', '--model', FERRIES]);
    assert.match(refused.stderr, /temporal_empty/);
  });

  it('when it is recovered, then environments and ledger are what they were, and every byte is', async () => {
    const { environments } = (await ok(['recover', '--yes'], 'oncall')) as {
      environments: readonly { state: { champion?: { artifactDigest: string } }; disagreements: readonly string[] }[];
    };
    assert.deepEqual(
      environments.map(({ state, disagreements }) => [state.champion?.artifactDigest, disagreements]),
      ['staging', 'production'].map(() => [released.artifactDigest, []]),
    );
    const audit = (await ok(['audit', 'verify'])) as LedgerAudit;
    assert.deepEqual([audit.ok, audit.unsigned], [true, 0]);
    await ok(['audit', 'verify', '--checkpoint', taken.checkpoint ?? '']);
    const { checks } = (await ok(['artifact', 'verify', released.artifactDigest ?? ''])) as {
      checks: readonly { what: string }[];
    };
    assert.ok(checks.some(({ what }) => what === 'decision 1'));
    const { exit, stdout } = await product.say(['release', 'show', released.releaseId]);
    assert.deepEqual([exit, /promoted/.test(stdout)], [0, true]);
    assert.deepEqual(await predict(), answer);
  });

  it('then the next commit is approved and promoted, a rollback leads back, and a further backup is made', async () => {
    const spec = APPROVED_BY_A_REVIEWER.replace('data.days: 12', 'data.days: 13');
    const next = await approve(product.repository.commit(ferryFiles({ 'slipway.yaml': spec })));
    assert.notEqual(next.artifactDigest, released.artifactDigest);
    await ok(['rollback', FERRIES, 'production'], 'oncall');
    assert.deepEqual(await predict(), answer);
    assert.equal(((await ok(['backup', backups])) as Taken).number, 3);
    await ok(['backup', backups, '--verify']);
  });
});
