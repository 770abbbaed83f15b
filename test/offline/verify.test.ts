/** What `artifact verify` must not take for sound: each of these is one thing that a check could forget. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { modelSignatureStatement, toBundle, type SignedFile } from '../../src/domain/artifact/modelSignature.js';
import { statementAbout, type Statement } from '../../src/domain/artifact/statements.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import type { DsseEnvelope } from '../../src/ports/signer.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { verifyModelSignature } from '../../src/offline/modelSignature.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { verifyArtifact } from '../../src/offline/verifyArtifact.js';
import { seal } from '../../src/signer/envelope.js';
import { loadKeys } from '../../src/signer/keys.js';
import { signModel } from '../../src/signer/signModel.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { BUILDER, storeRelease, TRUSTED } from '../fixtures/storedRelease.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-verify-'));
after(() => rm(folder, { recursive: true }));
const { model: key } = await loadKeys(join(folder, 'keys'));
const pem = join(folder, 'model.pem');
await writeFile(pem, key.publicKey.export({ type: 'spki', format: 'pem' }));
const jwk = { ...key.publicKey.export({ format: 'jwk' }) };
const KEYS = [...TRUSTED, { keyid: key.keyid, role: 'model' as const, jwk }];

describe('an artifact does not verify', () => {
  const openScene = async () => {
    const store = createMemoryBlobStore();
    const release = await storeRelease(store);
    const { digest, releaseId } = release;
    const attest = (name: string, envelope: DsseEnvelope) =>
      store.putDocument(
        attestationKey('ferry', digest, releaseId, name),
        new TextEncoder().encode(JSON.stringify(envelope)),
      );
    const failing = async (change = (found: Awaited<ReturnType<typeof open>>) => found) => {
      const { ok, checks } = await verifyArtifact(change(await open()), KEYS);
      const failed = checks.filter((check) => !check.ok).map(({ what, detail }) => `${what}: ${detail}`);
      assert.equal(ok, failed.length === 0);
      return failed;
    };
    const open = () => createStoredArtifacts(store).open(digest);
    return { store, release, attest, failing };
  };

  it('with a model signature over the files of another one', async () => {
    const { store, release, attest, failing } = await openScene();
    await attest('model', await signModel(store, key, 'ferry', release.digest));
    assert.deepEqual(await failing(), []);
    const other = await storeRelease(store, { weights: 'other weights' });
    await attest('model', await signModel(store, key, 'ferry', other.digest));
    assert.deepEqual(await failing(), ['attestation model: it is about other files']);
  });

  it('with a model signature of another key, or by the builder', async () => {
    const { store, release, attest, failing } = await openScene();
    const { model: stranger } = await loadKeys(join(folder, 'stranger'));
    await attest('model', await signModel(store, stranger, 'ferry', release.digest));
    const foreign = ['attestation model: no model key of this installation signed it'];
    assert.deepEqual(await failing(), foreign);
    await attest('model', seal(BUILDER, modelSignatureStatement('ferry', [], release.digest)));
    assert.deepEqual(await failing(), foreign);
  });

  it('with an approval that holds no decision', async () => {
    const { release, attest, failing } = await openScene();
    for (const decisions of [[], undefined, 'approved']) {
      await attest('approval', seal(BUILDER, statementAbout('ferry', release.digest, 'approval', { decisions })));
      assert.deepEqual(await failing(), ['decisions: the approval holds none']);
    }
  });

  it('with a layer of another size than its manifest says', async () => {
    const { failing } = await openScene();
    const failed = await failing((found) => ({
      ...found,
      manifest: {
        ...found.manifest,
        layers: found.manifest.layers.map((layer, at) => (at === 0 ? { ...layer, size: layer.size + 1 } : layer)),
      },
    }));
    assert.deepEqual(failed, ['model.onnx: it has 7 bytes, not 8']);
  });

  it('with an attestation about a second subject, too', async () => {
    const { release, attest, failing } = await openScene();
    const { subject, ...statement } = statementAbout('ferry', release.digest, 'tests', {});
    const second = { name: 'other', digest: { sha256: '9'.repeat(64) } };
    for (const both of [
      [...subject, second],
      [second, ...subject],
    ]) {
      await attest('tests', seal(BUILDER, { ...statement, subject: both } as Statement));
      assert.match((await failing()).join(), /^attestation tests: .*not about sha256:/);
    }
  });
});

describe('a model signature does not verify', () => {
  const hash = (text: string): Digest => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const rootOf = (files: readonly SignedFile[]): Digest => {
    const root = createHash('sha256');
    for (const { digest } of files) root.update(Buffer.from(digest.slice(7), 'hex'));
    return `sha256:${root.digest('hex')}`;
  };
  let folders = 0;
  /** Signs what it is told to, over a folder with one file. */
  const failing = async (
    files: readonly SignedFile[],
    change: (statement: Statement) => Statement = (statement) => statement,
    root = rootOf(files),
  ): Promise<readonly string[]> => {
    const target = join(folder, `signed-${(folders += 1)}`, 'model');
    await mkdir(target, { recursive: true });
    await writeFile(join(target, 'model.onnx'), 'weights');
    await writeFile(join(target, '..', 'outside'), 'weights');
    const envelope = seal(key, change(modelSignatureStatement('m', files, root)));
    await writeFile(join(target, 'model.sig'), JSON.stringify(toBundle(envelope)));
    const { ok, checks } = await verifyModelSignature(target, join(target, 'model.sig'), pem);
    const failed = checks.filter((check) => !check.ok).map(({ what }) => what);
    assert.equal(ok, failed.length === 0);
    return failed;
  };
  const weights = { name: 'model.onnx', digest: hash('weights') };

  it('over another root digest than that of its files', async () => {
    assert.deepEqual(await failing([weights]), []);
    assert.deepEqual(await failing([weights], undefined, hash('other')), ['root digest']);
  });

  for (const name of ['../outside', 'sub/../../outside', '/etc/hostname', './model.onnx', 'a\\..\\b', ''])
    it(`with a file by the name ${JSON.stringify(name)}`, async () => {
      assert.deepEqual(await failing([weights, { name, digest: weights.digest }]), [name]);
    });

  it('where it hashes in another way than it was read', async () => {
    const serialised = (changes: object) => (statement: Statement) =>
      ({
        ...statement,
        predicate: {
          ...statement.predicate,
          serialization: { ...(statement.predicate['serialization'] as object), ...changes },
        },
      }) as Statement;
    const resource = (changes: object) => (statement: Statement) =>
      ({
        ...statement,
        predicate: {
          ...statement.predicate,
          resources: (statement.predicate['resources'] as readonly object[]).map((one) => ({ ...one, ...changes })),
        },
      }) as Statement;
    for (const change of [
      serialised({ hash_type: 'blake2b' }),
      serialised({ method: 'shards' }),
      resource({ algorithm: 'sha512' }),
      resource({ digest: 'short' }),
    ])
      await assert.rejects(
        failing([weights], change),
        (error) => error instanceof SlipwayError && error.code === 'signature_invalid',
      );
  });
});
