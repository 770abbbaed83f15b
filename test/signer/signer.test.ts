import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createSignerClient } from '../../src/adapters/signer-client/signer.js';
import { createStoreLedger } from '../../src/adapters/store-ledger/ledger.js';
import { buildManifest, MEDIA_TYPES } from '../../src/domain/artifact/manifest.js';
import { dsseHeader } from '../../src/domain/artifact/dsse.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import { canonicalJson } from '../../src/domain/canonical.js';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import type { DsseEnvelope, Signer } from '../../src/ports/signer.js';
import { loadKeys } from '../../src/signer/keys.js';
import { listen } from '../../src/signer/listen.js';
import { createSigner } from '../../src/signer/sign.js';
import { createMemoryBlobStore } from '../fakes/memoryBlobStore.js';

const directory = mkdtempSync(join(tmpdir(), 'slipway-signer-'));
const socket = join(directory, 'signer.sock');
const store = createMemoryBlobStore();
const ledgerBucket = createMemoryBlobStore();
const commit = 'c'.repeat(40);
let server: Server;
let signer: Signer;

before(async () => {
  server = await listen(createSigner(store, ledgerBucket, await loadKeys(join(directory, 'keys'))), socket);
  signer = createSignerClient(socket);
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const refusal = (code: string) => (error: unknown) => error instanceof SlipwayError && error.code === code;

const artifact = async (storeLayer: boolean): Promise<Digest> => {
  const config = await store.putBlob(bytes('{}'));
  const layer = storeLayer
    ? await store.putBlob(bytes('model'))
    : { digest: `sha256:${'f'.repeat(64)}` as Digest, size: 5 };
  const manifest = buildManifest(config, [{ ...layer, path: 'model.onnx', mediaType: MEDIA_TYPES.weight }], {
    'org.opencontainers.image.revision': commit,
  });
  return (await store.putBlob(bytes(canonicalJson(manifest)))).digest;
};

const attest = (artifactDigest: Digest, named = commit) =>
  signer.attest({
    model: 'm',
    releaseId: `release/m/${commit}`,
    artifactDigest,
    predicate: { commit: named, repository: 'm', params: {} },
  });

const verifies = async (envelope: DsseEnvelope, role: string): Promise<boolean> => {
  const key = (await signer.publicKeys()).find((candidate) => candidate.role === role);
  assert.equal(envelope.signatures[0]?.keyid, key?.keyid);
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = Buffer.concat([Buffer.from(dsseHeader(envelope.payloadType, payload.length)), payload]);
  const publicKey = createPublicKey({ key: key?.jwk ?? {}, format: 'jwk' });
  return verify(null, signed, publicKey, Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64'));
};

describe('signer', () => {
  it('listens for its owner alone', () => {
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    assert.equal(statSync(join(directory, 'keys', 'builder.pem')).mode & 0o777, 0o600);
  });

  it('signs the provenance of an artifact that is stored whole', async () => {
    const digest = await artifact(true);
    const envelope = await attest(digest);
    assert.ok(await verifies(envelope, 'builder'));
    const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString()) as {
      subject: readonly { digest: { sha256: string } }[];
      predicateType: string;
    };
    assert.equal(statement.subject[0]?.digest.sha256, digest.slice(7));
    assert.equal(statement.predicateType, 'https://slsa.dev/provenance/v1');
  });

  it('keeps its keys over a restart', async () => {
    const again = await loadKeys(join(directory, 'keys'));
    assert.deepEqual(
      (await signer.publicKeys()).map((key) => key.keyid),
      [again.builder.keyid, again.ledger.keyid],
    );
  });

  it('refuses what it cannot recompute', async () => {
    await assert.rejects(attest(`sha256:${'0'.repeat(64)}`), refusal('not_found'));
    await assert.rejects(
      artifact(false).then((digest) => attest(digest)),
      refusal('not_found'),
    );
    await assert.rejects(
      artifact(true).then((digest) => attest(digest, 'd'.repeat(40))),
      refusal('request_invalid'),
    );
  });

  it('signs the head of a ledger stream as it is stored, and nothing else', async () => {
    const ledger = createStoreLedger(ledgerBucket);
    await ledger.append('release/m/c', 'first', 'started', 1, {});
    const entry = await ledger.append('release/m/c', 'second', 'ended', 2, {});
    await assert.rejects(signer.signLedger('release/m/c', 2, `sha256:${'0'.repeat(64)}`), refusal('digest_mismatch'));
    await assert.rejects(
      signer.signLedger('release/m/c', 3, entry.previous ?? `sha256:${'0'.repeat(64)}`),
      refusal('not_found'),
    );
  });
});
