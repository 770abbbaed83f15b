import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lineage } from '../domain/artifact/contents.js';
import { layerByPath, LAYERS, type Manifest } from '../domain/artifact/manifest.js';
import { provenanceStatement } from '../domain/artifact/statements.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DecisionVerifier } from '../ports/decisionKeys.js';
import type { Signer } from '../ports/signer.js';
import { attestRelease } from './attestRelease.js';
import type { Checkpoints } from './checkpoints.js';
import { seal } from './envelope.js';
import { signModel } from './signModel.js';
import { storedManifest } from './storedManifest.js';
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
  attest: async ({ model, releaseId, artifactDigest }) => {
    const manifest = await storedManifest(store, artifactDigest);
    await assertStored(store, scratch, manifest);
    const lineage = await lineageOf(store, manifest, model);
    return seal(keys.builder, provenanceStatement(releaseId, artifactDigest, manifest, lineage));
  },
  signModel: (model, artifact) => signModel(store, keys.model, model, artifact),
  attestRelease: (release) => attestRelease(store, ledger, decisions, keys.builder, release),
  checkpoint: (streams) => checkpoints.cover(streams),
  publicKeys: async () => publicKeysOf(keys),
});

/** Every blob is fetched and hashed again: what is attested is what the store has now, byte by byte. */
const assertStored = async (store: BlobStore, scratch: string, manifest: Manifest): Promise<void> => {
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
};

/** Read from the artifact itself: nobody tells the signer where something comes from. */
const lineageOf = async (store: BlobStore, manifest: Manifest, model: string): Promise<Lineage> => {
  const layer = layerByPath(manifest, LAYERS.lineage);
  if (layer === undefined) throw new SlipwayError('request_invalid', `the artifact has no ${LAYERS.lineage}`);
  const lineage = JSON.parse(new TextDecoder().decode(await store.getBlob(layer.digest))) as Lineage;
  if (lineage.model !== model)
    throw new SlipwayError('request_invalid', `the lineage is of the model ${String(lineage.model)}, not of ${model}`);
  if (lineage.commit !== manifest.annotations['org.opencontainers.image.revision'])
    throw new SlipwayError('request_invalid', 'the lineage names another commit than the manifest');
  return lineage;
};
