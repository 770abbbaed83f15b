import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createDecisionSigner } from '../../src/adapters/decision-keys/decisionSigner.js';
import { createDecisionVerifier } from '../../src/adapters/decision-keys/decisionVerifier.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import { createAttestations } from '../../src/adapters/dsse/attestations.js';
import { verifyEnvelope, type Expected } from '../../src/adapters/dsse/verifyEnvelope.js';
import { createSignerClient } from '../../src/adapters/signer-client/signer.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { buildManifest, LAYERS, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { canonicalJson } from '../../src/domain/canonical.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { DsseEnvelope, Signer } from '../../src/ports/signer.js';
import { createCheckpoints } from '../../src/signer/checkpoints.js';
import { loadKeys } from '../../src/signer/keys.js';
import { listen } from '../../src/signer/listen.js';
import { createSigner } from '../../src/signer/sign.js';
import { decisionClaims } from '../fixtures/decisionClaims.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-signer-'));
const socket = join(directory, 'signer.sock');
const store = createMemoryBlobStore();
const ledgerBucket = createMemoryBlobStore();
const commit = 'c'.repeat(40);
const decisionKeys = decisionKeyFiles(join(directory, 'decisions'));
const people = await createDecisionSigner(decisionKeys);
let server: Server;
let signer: Signer;

const openSigner = async (): Promise<Signer> => {
  const keys = await loadKeys(join(directory, 'keys'));
  return createSigner(
    store,
    ledgerBucket,
    createCheckpoints(ledgerBucket, keys.ledger, join(directory, 'checkpoint.json')),
    keys,
    createDecisionVerifier(decisionKeys),
  );
};

before(async () => {
  server = await listen(await openSigner(), socket);
  signer = createSignerClient(socket);
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const refusal = (code: string) => (error: unknown) => error instanceof SlipwayError && error.code === code;

const LINEAGE = {
  model: 'm',
  repository: 'm',
  commit,
  params: {},
  environment: {},
  build: `sha256:${'b'.repeat(64)}`,
};

interface Stored {
  /** False: the manifest names a layer that is not there. */
  readonly whole?: boolean;
  readonly path?: string;
  readonly lineage?: object;
}

const artifact = async ({ whole = true, path = 'model.onnx', lineage = LINEAGE }: Stored = {}): Promise<Digest> => {
  const config = await store.putBlob(bytes('{}'));
  const layer = whole ? await store.putBlob(bytes('model')) : { digest: `sha256:${'f'.repeat(64)}` as Digest, size: 5 };
  const layers = [
    { ...layer, path, mediaType: MEDIA_TYPES.weight },
    { ...(await store.putBlob(bytes(canonicalJson(lineage)))), path: LAYERS.lineage, mediaType: MEDIA_TYPES.doc },
  ];
  const manifest = buildManifest(config, layers, { 'org.opencontainers.image.revision': commit });
  return (await store.putBlob(bytes(canonicalJson(manifest)))).digest;
};

const attest = (artifactDigest: Digest, model = 'm') =>
  signer.attest({ model, releaseId: `release/m/${commit}`, artifactDigest });

/** The entry of a decision that counted, as verifyDecision writes it. */
const counted = async (workflowId: string, artifactDigest: Digest): Promise<Readonly<Record<string, unknown>>> => {
  const claims = decisionClaims({ workflowId, model: 'm', artifactDigest });
  return {
    counted: true,
    jti: claims.jti,
    subject: claims.sub,
    decision: claims.decision,
    environment: claims.env,
    artifactDigest,
    evidenceDigest: claims.evidenceDigest,
    statement: await people.sign(claims),
  };
};

const PROVENANCE = 'https://slsa.dev/provenance/v1';

describe('signer', () => {
  it('listens for its owner alone', () => {
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    assert.equal(statSync(join(directory, 'keys', 'builder.pem')).mode & 0o777, 0o600);
  });

  it('does not take the socket of another one', async () => {
    await assert.rejects(listen(await openSigner(), socket), refusal('port_taken'));
    assert.equal((await signer.publicKeys()).length, 3);
  });

  it('signs the provenance of an artifact that is stored whole', async () => {
    const digest = await artifact();
    const envelope = await attest(digest);
    const keys = await signer.publicKeys();
    const statement = verifyEnvelope(envelope, keys, { role: 'builder', predicateType: PROVENANCE, subject: digest });
    assert.deepEqual(statement.subject, [{ name: 'm', digest: { sha256: digest.slice(7) } }]);
  });

  it('is not needed to verify once its keys are known, and is asked when they do not fit', async () => {
    const digest = await artifact();
    const envelope = await attest(digest);
    let asked = 0;
    let answer = [] as Awaited<ReturnType<Signer['publicKeys']>>;
    const attestations = createAttestations(async () => {
      asked += 1;
      return answer;
    });
    await assert.rejects(attestations.verifyProvenance(envelope, digest), refusal('signature_invalid'));
    answer = await signer.publicKeys();
    assert.equal((await attestations.verifyProvenance(envelope, digest))['buildDefinition'] !== undefined, true);
    await attestations.verifyProvenance(envelope, digest);
    assert.equal(asked, 2);
    await assert.rejects(
      attestations.verifyProvenance(envelope, `sha256:${'0'.repeat(64)}`),
      refusal('signature_invalid'),
    );
  });

  it('makes attestations that count for nothing else', async () => {
    const digest = await artifact();
    const envelope = await attest(digest);
    const keys = await signer.publicKeys();
    const expected = { role: 'builder', predicateType: PROVENANCE, subject: digest } as const;
    const refused = (changed: DsseEnvelope, wanted: Expected = expected, trusted = keys): void =>
      assert.throws(() => verifyEnvelope(changed, trusted, wanted), refusal('signature_invalid'));
    const payload = Buffer.from(envelope.payload, 'base64').toString();
    refused({ ...envelope, payload: Buffer.from(payload.replace('"m"', '"n"')).toString('base64') });
    refused({ ...envelope, payloadType: 'text/plain' });
    refused({ ...envelope, signatures: [] });
    refused({ ...envelope, signatures: envelope.signatures.map(({ sig }) => ({ sig, keyid: keys[1]!.keyid })) });
    refused(envelope, { ...expected, role: 'ledger' });
    refused(envelope, { ...expected, predicateType: 'https://slipway.dev/ledger-checkpoint/v1' });
    refused(envelope, { ...expected, subject: `sha256:${'0'.repeat(64)}` });
    const stranger = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    refused(envelope, expected, [{ keyid: keys[0]!.keyid, role: 'builder', jwk: { ...stranger } }]);
  });

  it('keeps its keys over a restart', async () => {
    const again = await loadKeys(join(directory, 'keys'));
    assert.deepEqual(
      (await signer.publicKeys()).map((key) => key.keyid),
      [again.builder.keyid, again.ledger.keyid, again.model.keyid],
    );
  });

  it('makes one key when two of it start for the first time', async () => {
    const fresh = join(directory, 'fresh');
    const all = await Promise.all(Array.from({ length: 8 }, () => loadKeys(fresh)));
    assert.equal(new Set(all.map((keys) => keys.builder.keyid)).size, 1);
  });

  it('refuses an artifact with a damaged layer', async () => {
    const config = await store.putBlob(bytes('{}'));
    const layer = await store.putBlob(bytes('weights that rot'));
    const manifest = buildManifest(config, [{ ...layer, path: 'model.onnx', mediaType: MEDIA_TYPES.weight }], {
      'org.opencontainers.image.revision': commit,
    });
    const { digest } = await store.putBlob(bytes(canonicalJson(manifest)));
    store.damage(`blobs/sha256/${layer.digest.slice(7)}`);
    await assert.rejects(attest(digest), refusal('digest_mismatch'));
  });

  it('refuses an artifact with a layer of another size than its manifest says', async () => {
    const config = await store.putBlob(bytes('{}'));
    for (const size of [4, 6]) {
      const layers = [
        { ...(await store.putBlob(bytes('model'))), size, path: 'model.onnx', mediaType: MEDIA_TYPES.weight },
      ];
      const manifest = buildManifest(config, layers, { 'org.opencontainers.image.revision': commit });
      await assert.rejects(
        attest((await store.putBlob(bytes(canonicalJson(manifest)))).digest),
        (error) => refusal('digest_mismatch')(error) && /another size/.test(String(error)),
      );
    }
  });

  it('attests the tests of an artifact, and its approvals, for the release that made it alone', async () => {
    const ledger = createStoreLedger(ledgerBucket);
    const [mine, other] = [await artifact(), await artifact({ path: 'other.onnx' })];
    const releaseId = 'release/m/made';
    const evidence = `sha256:${'1'.repeat(64)}`;
    await ledger.append(releaseId, 'p', 'stage.package', 1, { verdict: 'pass', evidence, artifactDigest: mine });
    await ledger.append(releaseId, 'd', 'decision', 2, await counted(releaseId, other));
    await assert.rejects(
      signer.attestRelease({ model: 'm', releaseId, artifactDigest: other }),
      refusal('request_invalid'),
    );
    const { approval } = await signer.attestRelease({ model: 'm', releaseId, artifactDigest: mine });
    assert.equal(approval, undefined, 'the decision was on another artifact');
  });

  it('refuses what is no manifest, and requests that are none', async () => {
    const { digest } = await store.putBlob(bytes('"text"'));
    await assert.rejects(attest(digest), refusal('request_invalid'));
    await assert.rejects(attest('sha256:short' as Digest), refusal('request_invalid'));
    await assert.rejects(signer.checkpoint(['']), refusal('request_invalid'));
    await assert.rejects(signer.checkpoint([1 as unknown as string]), refusal('request_invalid'));
  });

  it('refuses what it cannot recompute', async () => {
    await assert.rejects(attest(`sha256:${'0'.repeat(64)}`), refusal('not_found'));
    await assert.rejects(
      artifact({ whole: false }).then((digest) => attest(digest)),
      refusal('not_found'),
    );
    const refused = async (digest: Promise<Digest>, why: RegExp, model?: string) =>
      assert.rejects(
        attest(await digest, model),
        (error) => refusal('request_invalid')(error) && why.test(String(error)),
      );
    await refused(artifact({ lineage: { ...LINEAGE, commit: 'd'.repeat(40) } }), /another commit/);
    await refused(artifact(), /of the model m, not of n/, 'n');
    await refused(artifact({ path: '../model.onnx' }), /path/);
    await refused(artifact({ path: LAYERS.lineage }), /two layers/);
    await refused(artifact({ lineage: { ...LINEAGE, commit: undefined } }), /another commit/);
  });

  it('attests test results and approvals as the ledger has them, for what the release made alone', async () => {
    const ledger = createStoreLedger(ledgerBucket);
    const artifactDigest = await artifact();
    const releaseId = 'release/m/attested';
    const evidence = `sha256:${'1'.repeat(64)}`;
    await ledger.append(releaseId, 'i', 'stage.integrate', 1, { verdict: 'pass', evidence });
    await assert.rejects(signer.attestRelease({ model: 'm', releaseId, artifactDigest }), refusal('request_invalid'));
    await ledger.append(releaseId, 'p', 'stage.package', 2, { verdict: 'pass', evidence, artifactDigest });
    await ledger.append(releaseId, 'g1', 'stage.gate', 3, { verdict: 'pass', evidence, environment: 'staging' });
    await ledger.append(releaseId, 'g2', 'stage.gate', 4, { verdict: 'fail', evidence, environment: 'staging' });
    await ledger.append(releaseId, 'r', 'decision', 5, { counted: false, artifactDigest, decision: 'approve' });
    const { tests, approval } = await signer.attestRelease({ model: 'm', releaseId, artifactDigest });
    const keys = await signer.publicKeys();
    const about = (predicateType: string) => ({ role: 'builder', predicateType, subject: artifactDigest }) as const;
    const { predicate } = verifyEnvelope(tests, keys, about('https://in-toto.io/attestation/test-result/v0.1'));
    assert.deepEqual(
      [predicate['result'], predicate['passedTests'], predicate['failedTests'], approval],
      ['FAILED', ['integrate'], ['gate.staging'], undefined],
    );
    await ledger.append(releaseId, 'd', 'decision', 6, await counted(releaseId, artifactDigest));
    const approved = await signer.attestRelease({ model: 'm', releaseId, artifactDigest });
    const decided = verifyEnvelope(approved.approval!, keys, about('https://slipway.dev/approval/v1')).predicate;
    assert.equal((decided['decisions'] as readonly { subject: string }[])[0]?.subject, 'reviewer');
  });

  const FORGED: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'that nobody signed': { statement: undefined },
    'with a statement that is none': { statement: 'jws' },
    'of somebody else': { subject: 'oncall' },
    'the other way round': { decision: 'reject' },
    'for another environment': { environment: 'test' },
    'on another artifact': { artifactDigest: `sha256:${'9'.repeat(64)}` },
  };
  for (const [index, [how, changes]] of Object.entries(FORGED).entries())
    it(`attests no decision ${how}`, async () => {
      const ledger = createStoreLedger(ledgerBucket);
      const artifactDigest = await artifact();
      const releaseId = `release/m/forged-${index}`;
      const evidence = `sha256:${'1'.repeat(64)}`;
      await ledger.append(releaseId, 'p', 'stage.package', 2, { verdict: 'pass', evidence, artifactDigest });
      await ledger.append(releaseId, 'd', 'decision', 6, { ...(await counted(releaseId, artifactDigest)), ...changes });
      await assert.rejects(signer.attestRelease({ model: 'm', releaseId, artifactDigest }), refusal('ledger_tampered'));
    });
});
