import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import type { LedgerAudit } from '../../src/domain/ledger/auditLedger.js';
import type { StoryLine } from '../../src/domain/ledger/releaseStory.js';
import { ledgerKey } from '../../src/domain/ledger/keys.js';
import { CLI } from '../supervisor/scene.js';
import { ferryFiles, ferrySpec, openProduct, type Product } from '../fixtures/product.js';

interface Story {
  readonly verified: boolean;
  readonly story: readonly StoryLine[];
}

describe('given a release that reached production after an approval', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-audit-'));
  const copy = join(folder, 'ledger');
  const pulled = join(folder, 'pulled');
  let product: Product | undefined;
  let release = '';

  before(async () => {
    product = await openProduct();
    const spec = ferrySpec({
      '{ name: production, approval: automatic,': '{ name: production, approval: { roles: [reviewer] },',
    });
    release = await product.releaseOf(product.repository.commit(ferryFiles({ 'slipway.yaml': spec })));
    const asked = await product.untilRelease(release, (view) => (view.waiting ?? view.outcome) !== undefined);
    assert.equal(asked.outcome, undefined, asked.reason);
    const { exit, stderr } = await product.slipway(['approve', release], 'reviewer');
    assert.equal(exit, 0, stderr);
    const view = await product.untilEnded(release);
    assert.equal(view.outcome, 'promoted', view.reason);
  });
  after(async () => {
    await product?.close();
    rmSync(folder, { recursive: true });
  });

  /** Of a machine that has nothing but the copy, and the keys where they are named. */
  const offline = (words: readonly string[]): Promise<{ readonly exit: number; readonly output: unknown }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], HOME: folder };
      execFile(process.execPath, [CLI, ...words, '--json'], { cwd: folder, env }, (error, stdout) =>
        resolve({ exit: error === null ? 0 : Number(error.code), output: JSON.parse(stdout) as unknown }),
      );
    });

  it('then the ledger holds every stage, verdict, decision and deployment, under object lock and signed', async () => {
    const running = product!;
    const { exit, output } = await running.slipway(['audit', 'show', release]);
    assert.equal(exit, 0, JSON.stringify(output));
    const { story, verified } = output as Story;
    assert.equal(verified, true);
    assert.deepEqual(
      story.map(({ kind }) => kind),
      [
        'release.started',
        'stage.integrate',
        'stage.build',
        'stage.package',
        'approval.automatic',
        'deployment.deployed',
        'stage.verify',
        'kept.measurements',
        'stage.gate',
        'approval.asked',
        'decision',
        'deployment.deployed',
        'stage.verify',
        'release.ended',
      ],
    );
    const verify = await running.slipway(['audit', 'verify']);
    assert.equal(verify.exit, 0, JSON.stringify(verify.output));
    const audit = verify.output as LedgerAudit & { readonly selfSigned: boolean };
    assert.deepEqual([audit.ok, audit.unsigned, audit.selfSigned], [true, 0, false]);
    const keys = JSON.parse(readFileSync(join(running.home, 'keys', 'store.json'), 'utf8')) as {
      accessKey: string;
      secretKey: string;
    };
    const bucket = createMinioBlobStore({ ...keys, endpoint: running.url('store'), bucket: 'slipway-ledger' });
    assert.deepEqual(await bucket.lockedFor(), { mode: 'governance', days: 365 });
    for (const key of await bucket.listDocuments('')) {
      mkdirSync(dirname(join(copy, key)), { recursive: true });
      writeFileSync(join(copy, key), (await bucket.getDocument(key))!);
    }
    copyFileSync(join(running.home, 'keys', 'public.json'), join(folder, 'public.json'));
  });

  it('then its artifact can be shown, verified, pulled and verified again, with tests, approval and packages', async () => {
    const running = product!;
    const { output: listed } = await running.slipway(['artifact', 'list']);
    const [artifact] = (listed as { artifacts: readonly { digest: string; outcome: string }[] }).artifacts;
    assert.equal(artifact?.outcome, 'promoted');
    const digest = artifact.digest.slice(7, 19);
    const { output: shown } = await running.slipway(['artifact', 'show', digest]);
    const { layers, attestations } = shown as { layers: readonly { path: string }[]; attestations: readonly string[] };
    assert.ok(layers.some(({ path }) => path === 'slipway/environment.cdx.json'));
    assert.deepEqual(attestations, ['approval', 'model', 'provenance', 'tests']);
    const verified = await running.slipway(['artifact', 'verify', digest]);
    assert.equal(verified.exit, 0, JSON.stringify(verified.output));
    assert.equal((await running.slipway(['artifact', 'pull', digest, pulled])).exit, 0);
    copyFileSync(join(running.home, 'keys', 'model-signing.pem'), join(folder, 'model.pem'));
    const { output: lineage } = await running.slipway(['artifact', 'lineage', digest]);
    assert.equal((lineage as { commit: string }).commit, release.split('/')[1]);
  });

  it('then the same inputs, built again, give the same manifest, byte for byte', async () => {
    const running = product!;
    const first = await running.show(release);
    const commit = release.split('/')[1] ?? '';
    // A parameter is named with the value that it has anyway: another release of the same inputs.
    const started = await running.slipway([
      'release',
      'start',
      '--commit',
      commit,
      '--param',
      'data.days=12',
      '--reason',
      'again',
    ]);
    assert.equal(started.exit, 0, started.stderr);
    const { releaseId } = started.output as { releaseId: string };
    assert.notEqual(releaseId, first.releaseId);
    const again = await running.untilRelease(
      releaseId.replace(/^release\//, ''),
      (view) => (view.artifactDigest ?? view.outcome) !== undefined,
    );
    assert.equal(again.artifactDigest, first.artifactDigest, again.reason);
    assert.equal((await running.slipway(['release', 'cancel', releaseId])).exit, 0);
    await running.untilEnded(releaseId.replace(/^release\//, ''));
  });

  it('then what the promoted release attested stands, whatever became of the one that was told again', async () => {
    const running = product!;
    const { artifactDigest = '', releaseId } = await running.show(release);
    const { output } = await running.slipway(['artifact', 'list']);
    const { artifacts } = output as { artifacts: readonly { outcome: string; releaseId: string }[] };
    assert.deepEqual(
      artifacts.map((one) => [one.releaseId, one.outcome]),
      [[releaseId, 'promoted']],
    );
    const again = `${pulled}-again`;
    assert.equal((await running.slipway(['artifact', 'pull', artifactDigest, again])).exit, 0);
    for (const name of ['approval', 'model', 'provenance', 'tests'])
      assert.deepEqual(
        readFileSync(join(again, 'attestations', `${name}.json`)),
        readFileSync(join(pulled, 'attestations', `${name}.json`)),
        name,
      );
  });

  it('when the whole installation is gone, Temporal and its database too, then a copy of the bucket tells the same', async () => {
    const before = (await product!.slipway(['audit', 'show', release])).output as Story;
    await product!.close();
    product = undefined;
    const { exit, output } = await offline([
      'audit',
      'show',
      release.slice(0, 20),
      '--folder',
      copy,
      '--keys',
      'public.json',
    ]);
    assert.equal(exit, 0);
    assert.deepEqual((output as Story).story, before.story);
    assert.equal((await offline(['artifact', 'verify', pulled, '--keys', 'public.json'])).exit, 0);
    assert.equal((await offline(['artifact', 'verify-signature', pulled, '--key', 'model.pem'])).exit, 0);
    const verified = await offline(['audit', 'verify', '--folder', copy]);
    assert.deepEqual(
      [verified.exit, (verified.output as { selfSigned: boolean }).selfSigned],
      [0, true],
      'without keys of one’s own, those of the bucket are named as such',
    );
  });

  it('when an entry of the copy is changed, then both commands say so, and which', async () => {
    const gate = JSON.parse(readFileSync(join(copy, ledgerKey(`release/${release}`, 1)), 'utf8')) as object;
    writeFileSync(join(copy, ledgerKey(`release/${release}`, 1)), JSON.stringify({ ...gate, at: 0 }));
    const { exit, output } = await offline(['audit', 'verify', '--folder', copy, '--keys', 'public.json']);
    assert.equal(exit, 1);
    assert.deepEqual(
      (output as LedgerAudit).faults.map(({ kind, stream, seq }) => [kind, stream, seq]),
      [['entry_changed', `release/${release}`, 1]],
    );
    const shown = await offline(['audit', 'show', 'latest', '--folder', copy, '--keys', 'public.json']);
    assert.deepEqual([shown.exit, (shown.output as Story).verified], [1, false]);
  });
});
