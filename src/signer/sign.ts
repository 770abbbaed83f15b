import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MEDIA_TYPES, type Manifest } from '../domain/artifact/manifest.js';
import { provenanceStatement } from '../domain/artifact/statements.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DecisionVerifier } from '../ports/decisionKeys.js';
import type { ProvenanceRequest, Signer } from '../ports/signer.js';
import { attestRelease } from './attestRelease.js';
import type { Checkpoints } from './checkpoints.js';
import { seal } from './envelope.js';
import { signModel } from './signModel.js';
import { publicKeysOf, type KeyRole, type SigningKey } from './keys.js';

/**
 * Signs nothing that it was only told: the manifest and every layer must be in the store, and the ledger's
 * chains must continue what was signed of them before, or no signature is made.
 *
 * @param decisions with the public keys that people's decisions are signed with
 * @param scratch where layers are looked at
 */
export const createSigner = (
  store: BlobStore,
  ledger: BlobStore,
  checkpoints: Checkpoints,
  keys: Readonly<Record<KeyRole, SigningKey>>,
  decisions: DecisionVerifier,
  scratch = tmpdir(),
): Signer => ({
  attest: async (request) => {
    await assertStored(store, scratch, request);
    return seal(
      keys.builder,
      provenanceStatement(request.model, request.releaseId, request.artifactDigest, request.predicate),
    );
  },
  signModel: (model, artifact) => signModel(store, keys.model, model, artifact),
  attestRelease: (release) => attestRelease(ledger, decisions, keys.builder, release),
  checkpoint: (streams) => checkpoints.cover(streams),
  publicKeys: async () => publicKeysOf(keys),
});

/** Every blob is fetched and hashed again: what is attested is what the store has now, byte by byte. */
const assertStored = async (store: BlobStore, scratch: string, request: ProvenanceRequest): Promise<void> => {
  const manifest = await readManifest(store, request.artifactDigest);
  const directory = await mkdtemp(join(scratch, 'slipway-signer-'));
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
