import { createHash, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../domain/canonical.js';
import { dsseHeader, IN_TOTO } from '../domain/artifact/dsse.js';
import { MEDIA_TYPES, type Manifest } from '../domain/artifact/manifest.js';
import { ledgerStatement, provenanceStatement, type Statement } from '../domain/artifact/statements.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { ledgerKey } from '../domain/ledger/keys.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DsseEnvelope, ProvenanceRequest, Signer } from '../ports/signer.js';
import type { KeyRole, SigningKey } from './keys.js';

/**
 * Signs nothing that it was only told: the manifest and every layer must be in the store, and the ledger entry must
 * have the digest that is claimed, before a signature is made.
 */
export const createSigner = (
  store: BlobStore,
  ledger: BlobStore,
  keys: Readonly<Record<KeyRole, SigningKey>>,
): Signer => ({
  attest: async (request) => {
    await assertStored(store, request);
    return envelope(
      keys.builder,
      provenanceStatement(request.model, request.releaseId, request.artifactDigest, request.predicate),
    );
  },
  signLedger: async (stream, seq, digest) => {
    const body = await ledger.getDocument(ledgerKey(stream, seq));
    if (body === undefined) throw new SlipwayError('not_found', `the ledger has no entry ${seq} of ${stream}`);
    if (digestOf(body) !== digest)
      throw new SlipwayError('digest_mismatch', `entry ${seq} of ${stream} has another digest`);
    return envelope(keys.ledger, ledgerStatement(stream, seq, digest));
  },
  publicKeys: async () =>
    [keys.builder, keys.ledger].map(({ keyid, role, publicKey }) => ({
      keyid,
      role,
      jwk: { ...publicKey.export({ format: 'jwk' }) },
    })),
});

/** Every blob is fetched and hashed again: what is attested is what the store has now, byte by byte. */
const assertStored = async (store: BlobStore, request: ProvenanceRequest): Promise<void> => {
  const manifest = await readManifest(store, request.artifactDigest);
  const directory = await mkdtemp(join(tmpdir(), 'slipway-signer-'));
  try {
    for (const layer of [manifest.config, ...manifest.layers]) {
      const file = join(directory, 'layer');
      const { size } = await store.getBlobToFile(layer.digest, file);
      await rm(file, { force: true });
      if (size !== layer.size)
        throw new SlipwayError('digest_mismatch', `the layer ${layer.digest} has another size than the manifest says`);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  if (request.predicate['commit'] !== manifest.annotations['org.opencontainers.image.revision']) {
    throw new SlipwayError('request_invalid', 'the lineage names another commit than the manifest');
  }
};

const readManifest = async (store: BlobStore, artifact: Digest): Promise<Manifest> => {
  // getBlob computes the digest again; a manifest that is not what its name says is never returned.
  const bytes = await store.getBlob(artifact);
  try {
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
    if (manifest.artifactType === MEDIA_TYPES.artifact && Array.isArray(manifest.layers)) return manifest;
  } catch {
    // No JSON, so no manifest either.
  }
  throw new SlipwayError('request_invalid', `${artifact} is no manifest of a model`);
};

const envelope = (key: SigningKey, statement: Statement): DsseEnvelope => {
  const payload = Buffer.from(canonicalJson(statement));
  const signed = Buffer.concat([Buffer.from(dsseHeader(IN_TOTO, payload.length)), payload]);
  return {
    payloadType: IN_TOTO,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.keyid, sig: sign(null, signed, key.privateKey).toString('base64') }],
  };
};

const digestOf = (body: Uint8Array): Digest => `sha256:${createHash('sha256').update(body).digest('hex')}`;
