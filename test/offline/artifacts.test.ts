import assert from 'node:assert/strict';
import { link, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openArtifactFolder, writeArtifactFolder } from '../../src/adapters/folder/artifact.js';
import { attestationKey } from '../../src/domain/artifact/attestationKeys.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createStoredArtifacts } from '../../src/offline/storedArtifacts.js';
import { verifyArtifact } from '../../src/offline/verifyArtifact.js';
import { loadKeys } from '../../src/signer/keys.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { storeRelease, TRUSTED, type Made, type StoredRelease } from '../fixtures/storedRelease.js';

const folder = await mkdtemp(join(tmpdir(), 'slipway-shelf-'));
after(() => rm(folder, { recursive: true }));
const refusal = (code: string) => (error: unknown) => error instanceof SlipwayError && error.code === code;
let pulls = 0;

const openScene = async () => {
  const store = createMemoryBlobStore();
  const release = await storeRelease(store);
  const shelf = createStoredArtifacts(store);
  const pull = async (): Promise<string> => {
    const target = join(folder, `pulled-${(pulls += 1)}`);
    await writeArtifactFolder(await shelf.open(release.digest), target);
    return target;
  };
  return { store, release, shelf, pull };
};

const failing = async (artifact: Parameters<typeof verifyArtifact>[0], keys = TRUSTED): Promise<readonly string[]> =>
  (await verifyArtifact(artifact, keys)).checks.filter(({ ok }) => !ok).map(({ what }) => what);

describe('artifacts in the store', () => {
  it('are listed with commit, release, outcome and size', async () => {
    const { shelf, release, store } = await openScene();
    await storeRelease(store, { commit: 'd'.repeat(40), weights: 'other weights' });
    const listed = await shelf.list('ferry');
    assert.equal(listed.length, 2);
    const { size, ...rest } = listed.find(({ digest }) => digest === release.digest)!;
    assert.ok(size > 0);
    assert.deepEqual(rest, {
      model: 'ferry',
      digest: release.digest,
      commit: release.commit,
      createdAt: '2026-01-01T00:00:00.000Z',
      releaseId: release.releaseId,
      outcome: 'promoted',
    });
    assert.deepEqual(await shelf.list('another'), []);
  });

  it('are found by the first digits of their digest, where those name one', async () => {
    const { shelf, release } = await openScene();
    assert.equal((await shelf.open(release.digest.slice(7, 19))).digest, release.digest);
    await assert.rejects(shelf.open('000000000000'), refusal('artifact_unknown'));
    await assert.rejects(shelf.open('abc'), refusal('usage'));
  });

  it('verify as they were attested', async () => {
    const { shelf, release } = await openScene();
    const { ok, checks } = await verifyArtifact(await shelf.open(release.digest), TRUSTED);
    assert.equal(ok, true, JSON.stringify(checks));
    assert.deepEqual(
      checks.map(({ what }) => what),
      [
        'manifest',
        'config',
        'model.onnx',
        'slipway/card.json',
        'slipway/lineage.json',
        'slipway/reference.json',
        'attestation provenance',
        'attestation tests',
      ],
    );
  });

  it('do not verify with a layer that rotted, without provenance, or signed by a stranger', async () => {
    const { shelf, release, store } = await openScene();
    const artifact = await shelf.open(release.digest);
    const { builder } = await loadKeys(join(folder, 'stranger'));
    const stranger = [
      { keyid: builder.keyid, role: 'builder' as const, jwk: { ...builder.publicKey.export({ format: 'jwk' }) } },
    ];
    assert.deepEqual(await failing(artifact, stranger), ['attestation provenance', 'attestation tests']);
    store.damage(`blobs/sha256/${artifact.manifest.layers[0]!.digest.slice(7)}`);
    await store.deleteDocument(attestationKey('ferry', release.digest, release.releaseId, 'provenance'));
    assert.deepEqual(await failing(artifact), ['model.onnx', 'attestation provenance']);
  });

  it('do not borrow the attestations of another one', async () => {
    const { shelf, release, store } = await openScene();
    const other = await storeRelease(store, { weights: 'other weights' });
    const key = ({ digest, releaseId }: StoredRelease) => attestationKey('ferry', digest, releaseId, 'provenance');
    await store.putDocument(key(release), (await store.getDocument(key(other)))!);
    assert.deepEqual(await failing(await shelf.open(release.digest)), ['attestation provenance']);
  });
});

describe('an artifact that several releases made', () => {
  const attested = async (artifact: Awaited<ReturnType<ReturnType<typeof createStoredArtifacts>['open']>>) => {
    const envelopes = await artifact.attestations();
    const read = (name: string) =>
      (JSON.parse(Buffer.from(envelopes[name]?.payload ?? '', 'base64').toString()) as { predicate: Attested })
        .predicate;
    return {
      names: Object.keys(envelopes).sort(),
      invocation: read('provenance').runDetails?.metadata.invocationId,
      passed: read('tests').passedTests,
    };
  };
  interface Attested {
    readonly runDetails?: { readonly metadata: { readonly invocationId: string } };
    readonly passedTests?: readonly string[];
  }
  const standing = async (...releases: readonly Made[]) => {
    const store = createMemoryBlobStore();
    const made: StoredRelease[] = [];
    for (const release of releases) made.push(await storeRelease(store, release));
    const [first] = made;
    assert.ok(made.every(({ digest }) => digest === first?.digest));
    const shelf = createStoredArtifacts(store);
    const [listed, ...others] = await shelf.list('ferry');
    assert.deepEqual(others, []);
    const artifact = await shelf.open(first!.digest);
    assert.deepEqual(await failing(artifact), []);
    const found = await attested(artifact);
    assert.equal(listed?.releaseId, found.invocation);
    const number = made.findIndex(({ releaseId }) => releaseId === found.invocation) + 1;
    return [number, listed?.outcome, found.passed?.join(' ')];
  };
  const PROMOTED = { gate: 'pass', endedAt: 10 };

  it('stays as the one that was promoted first attested it, whatever came before and after', async () => {
    const cancelled = (rerun: number, endedAt: number) => ({ rerun, endedAt, outcome: 'cancelled' });
    const whole = ['promoted', 'gate.staging integrate'];
    assert.deepEqual(await standing(PROMOTED, cancelled(1, 20)), [1, ...whole]);
    assert.deepEqual(await standing(cancelled(1, 5), { ...PROMOTED, rerun: 2 }), [2, ...whole]);
    assert.deepEqual(await standing({ rerun: 1, endedAt: 20 }, { ...PROMOTED, rerun: 2 }), [2, ...whole]);
  });

  it('is that of the last release before one is promoted', async () => {
    const failed = (rerun: number, endedAt: number) => ({ rerun, endedAt, outcome: 'failed', gate: 'fail' });
    assert.deepEqual(await standing(failed(1, 10), failed(2, 20), failed(3, 15)), [2, 'failed', 'integrate']);
  });

  it('keeps what was promoted before each release had a place of its own', async () => {
    const later = { rerun: 1, endedAt: 20, outcome: 'cancelled' };
    assert.deepEqual(await standing({ ...PROMOTED, shared: true }, later), [1, 'promoted', 'gate.staging integrate']);
    assert.deepEqual(await standing({ ...PROMOTED, shared: true }), [1, 'promoted', 'gate.staging integrate']);
  });

  it('is told whole where a release began before each had a place of its own, and ended after', async () => {
    const store = createMemoryBlobStore();
    await storeRelease(store, { ...PROMOTED, shared: true });
    const { digest } = await storeRelease(store, PROMOTED);
    await store.deleteDocument(attestationKey('ferry', digest, `release/ferry/${'c'.repeat(40)}`, 'provenance'));
    assert.deepEqual((await attested(await createStoredArtifacts(store).open(digest))).names, ['provenance', 'tests']);
  });
});

describe('an artifact that was pulled to a folder', () => {
  it('is the same one, and verifies without the store', async () => {
    const { release, pull } = await openScene();
    const artifact = await openArtifactFolder(await pull());
    assert.equal(artifact.digest, release.digest);
    assert.deepEqual(await failing(artifact), []);
  });

  it('shows one flipped byte of a layer, and of its manifest', async () => {
    const { pull } = await openScene();
    const target = await pull();
    await writeFile(join(target, 'model.onnx'), 'weightz');
    assert.deepEqual(await failing(await openArtifactFolder(target)), ['model.onnx']);
    const manifest = await readFile(join(target, 'manifest.json'), 'utf8');
    await writeFile(join(target, 'manifest.json'), manifest.replace('ferry', 'herry'));
    assert.ok((await failing(await openArtifactFolder(target))).includes('attestation provenance'));
  });

  for (const [name, plant] of [
    ['a symbolic link', (from: string, to: string) => symlink(from, to)],
    ['a second name of another file', (from: string, to: string) => link(from, to)],
  ] as const) {
    it(`does not follow ${name}`, async () => {
      const { pull } = await openScene();
      const target = await pull();
      const outside = join(folder, `outside-${pulls}`);
      await writeFile(outside, 'weights');
      await rm(join(target, 'model.onnx'));
      await plant(outside, join(target, 'model.onnx'));
      assert.deepEqual(await failing(await openArtifactFolder(target)), ['model.onnx']);
    });
  }

  it('goes into a new folder only', async () => {
    const { shelf, release, pull } = await openScene();
    await assert.rejects(writeArtifactFolder(await shelf.open(release.digest), await pull()), refusal('usage'));
  });
});
