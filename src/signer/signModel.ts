import { createHash } from 'node:crypto';
import { filesOf, modelSignatureStatement } from '../domain/artifact/modelSignature.js';
import type { Digest } from '../domain/artifact/types.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DsseEnvelope } from '../ports/signer.js';
import { seal } from './envelope.js';
import type { SigningKey } from './keys.js';
import { storedManifest } from './storedManifest.js';

/** Signs the files of an artifact as OpenSSF model signing wants it: with P-256, over the digests in its manifest. */
export const signModel = async (
  store: BlobStore,
  key: SigningKey,
  model: string,
  artifact: Digest,
): Promise<DsseEnvelope> => {
  const files = filesOf(await storedManifest(store, artifact), artifact);
  const root = createHash('sha256');
  for (const { digest } of files) root.update(Buffer.from(digest.slice('sha256:'.length), 'hex'));
  return seal(key, modelSignatureStatement(model, files, `sha256:${root.digest('hex')}`));
};
