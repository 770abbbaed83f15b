/** What `slipway artifact` does to the artifacts of an installation that runs, with a registry beside it. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMinioBlobStore } from '../../src/adapters/minio/blobStore.js';
import { createS3Client } from '../../src/adapters/minio/s3Client.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { ArtifactVerification } from '../../src/domain/artifact/verification.js';
import type { ReleaseView } from '../../src/domain/release/types.js';
import { ferryFiles, FERRIES, openProduct, type Product } from '../fixtures/product.js';
import { startRegistry } from '../servers/registry.js';

const DAY_MS = 86_400_000;

describe('given an artifact in production', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-artifacts-'));
  const pulled = join(folder, 'pulled');
  const imported = join(folder, 'imported');
  let product: Product;
  let released: ReleaseView;

  const exitOf = async (...words: readonly string[]): Promise<number> => (await product.slipway(words)).exit;
  const ok = async <T>(...words: readonly string[]): Promise<T> => {
    const { exit, output, stderr } = await product.slipway(words);
    assert.equal(exit, 0, `${words.join(' ')}: ${stderr}`);
    return output as T;
  };
  const failing = async (artifact: string): Promise<readonly string[]> => {
    const { output } = await product.slipway(['artifact', 'verify', artifact]);
    return (output as ArtifactVerification).checks.filter((check) => !check.ok).map(({ what }) => what);
  };

  before(async () => {
    product = await openProduct();
    released = await product.untilEnded(await product.releaseOf(product.repository.commit(ferryFiles())));
    assert.equal(released.outcome, 'promoted', released.reason);
  });
  after(async () => {
    await product.close();
    rmSync(folder, { recursive: true });
  });

  it('when it is pulled from the store, then the folder is the same artifact, and is never written over', async () => {
    const { digest } = await ok<{ digest: string }>('artifact', 'pull', released.artifactDigest ?? '', pulled);
    assert.equal(digest, released.artifactDigest);
    assert.deepEqual(await failing(pulled), []);
    assert.equal(await exitOf('artifact', 'pull', released.artifactDigest ?? '', pulled), 2);
    assert.equal(await exitOf('artifact', 'pull', '000000000000', join(folder, 'nothing')), 8);
  });

  it('when a bare ONNX file is imported, then it can be shown, and nothing attests it', async () => {
    const model = join(pulled, 'model.onnx');
    const words = ['artifact', 'import', model, imported, '--name', 'ferry-copy', '--licence', 'Apache-2.0'];
    const made = await ok<{ digest: string; model: string }>(...words);
    assert.equal(made.model, 'ferry-copy');
    const { layers } = await ok<{ layers: readonly { path: string }[] }>('artifact', 'show', imported);
    assert.deepEqual(layers.map(({ path }) => path).sort(), ['model.onnx', 'slipway/imported.json']);
    assert.deepEqual(await failing(imported), ['attestation provenance']);
    assert.equal(await exitOf('artifact', 'verify', imported), 1);
    const again = await ok<{ digest: string }>('artifact', 'import', model, `${imported}-2`, ...words.slice(4));
    assert.equal(again.digest, made.digest, 'the same model is the same artifact');
  });

  it('when what is imported is no ONNX, or an MLflow model of another flavour, then it is refused', async () => {
    const pickle = join(folder, 'model.onnx');
    writeFileSync(pickle, Buffer.from([0x80, 0x04, 0x95, ...randomBytes(20)]));
    const refused = await product.slipway(['artifact', 'import', pickle, join(folder, 'none'), '--name', 'm']);
    assert.ok([1, 3].includes(refused.exit), `${refused.exit} ${refused.stderr}`);
    writeFileSync(join(folder, 'MLmodel'), 'flavors:\n  sklearn: { pickled_model: model.pkl }\n');
    const flavour = await product.slipway(['artifact', 'import', folder, join(folder, 'none'), '--name', 'm']);
    assert.equal(flavour.exit, 3);
    assert.match(flavour.stderr, /sklearn/);
    assert.equal(await exitOf('artifact', 'import', join(folder, 'absent.onnx'), join(folder, 'none')), 8);
  });

  it('when both go to a real registry and come back, then they are the same, with their attestations', async (test) => {
    const registry = await startRegistry();
    if (typeof registry === 'string') return test.skip(registry);
    try {
      const reference = `${registry.host}/models/ferry:v1`;
      const push = (artifact: string, to: string) =>
        ok<{ digest: string; uploaded: number; attestations: number }>(
          'artifact',
          'push',
          artifact,
          to,
          '--plain-http',
        );
      const sent = await push(released.artifactDigest ?? '', reference);
      assert.deepEqual([sent.digest, sent.uploaded > 0, sent.attestations], [released.artifactDigest, true, 3]);
      assert.equal((await push(pulled, `${registry.host}/models/ferry:v2`)).uploaded, 0, 'it has every blob');
      const back = join(folder, 'back');
      const got = await ok<{ digest: string; attestations: readonly string[] }>(
        ...['artifact', 'pull', reference, back, '--plain-http'],
      );
      assert.deepEqual([got.digest, got.attestations.length], [released.artifactDigest, 3]);
      assert.deepEqual(readFileSync(join(back, 'manifest.json')), readFileSync(join(pulled, 'manifest.json')));
      assert.deepEqual(await failing(back), []);
      const other = await push(imported, `${registry.host}/models/copy:v1`);
      const copy = await ok<{ digest: string }>(
        ...['artifact', 'pull', `${registry.host}/models/copy@${other.digest}`, join(folder, 'copy'), '--plain-http'],
      );
      assert.equal(copy.digest, other.digest);
      assert.equal(
        await exitOf('artifact', 'pull', `${registry.host}/models/none:v1`, join(folder, 'x'), '--plain-http'),
        8,
      );
    } finally {
      await registry.stop();
    }
    assert.equal(
      await exitOf('artifact', 'pull', `${registry.host}/models/ferry:v1`, join(folder, 'y'), '--plain-http'),
      9,
    );
  });

  it('when garbage is collected, then only what is old and unnamed goes, after a look', async () => {
    const keys = JSON.parse(readFileSync(join(product.home, 'keys', 'store.json'), 'utf8')) as {
      accessKey: string;
      secretKey: string;
    };
    const access = { ...keys, endpoint: product.url('store'), bucket: 'slipway' };
    const store = createMinioBlobStore(access);
    const old = await putLongAgo(access, randomBytes(5_000), Date.now() - 30 * DAY_MS);
    const young = (await store.putBlob(randomBytes(100))).digest;
    assert.equal(await exitOf('artifact', 'gc', '--dry-run', '--yes'), 2);
    for (const young of ['12h', '30']) assert.equal(await exitOf('artifact', 'gc', '--older-than', young), 2);
    interface Collected {
      readonly garbage: readonly { readonly digest: string }[];
      readonly blobs: number;
      readonly named: number;
    }
    const looked = await ok<Collected>('artifact', 'gc');
    assert.deepEqual(
      looked.garbage.map(({ digest }) => digest),
      [old],
    );
    assert.ok(looked.named >= 10 && looked.blobs >= looked.named + 2, JSON.stringify(looked));
    assert.ok(await store.hasBlob(old));
    assert.equal((await ok<Collected>('artifact', 'gc', '--dry-run', '--older-than', '31d')).garbage.length, 0);
    await ok('artifact', 'gc', '--yes');
    assert.equal(await store.hasBlob(old), undefined);
    assert.ok(await store.hasBlob(young));
    assert.deepEqual(await failing(released.artifactDigest ?? ''), []);
    assert.equal(await exitOf('release', 'show', released.releaseId), 0);
    const report = await product.slipway(['release', 'report', released.releaseId, '--out', join(folder, 'r.html')]);
    assert.equal(report.exit, 0, report.stderr);
    const served = await fetch(`${product.servingUrl('production')}/v2/models/${FERRIES}`);
    assert.equal(served.status, 200);
  });
});

/** A blob with the date that another site had stored it at: MinIO takes it of a replica. */
const putLongAgo = async (
  access: {
    readonly accessKey: string;
    readonly secretKey: string;
    readonly endpoint: string;
    readonly bucket: string;
  },
  bytes: Uint8Array,
  at: number,
): Promise<Digest> => {
  const hex = createHash('sha256').update(bytes).digest('hex');
  await createS3Client({ ...access, region: 'us-east-1' }).call({
    method: 'PUT',
    key: `blobs/sha256/${hex}`,
    headers: {
      'x-minio-source-replication-request': 'true',
      'x-minio-source-mtime': new Date(at).toISOString(),
    },
    body: { size: bytes.length, sha256: hex, open: () => bytes },
    expect: [200],
  });
  return `sha256:${hex}`;
};
