import { createHash, sign } from 'node:crypto';
import { dsseHeader, IN_TOTO } from '../domain/artifact/dsse.js';
import { filesOf, modelSignatureStatement } from '../domain/artifact/modelSignature.js';
import type { Digest } from '../domain/artifact/types.js';
import { canonicalJson } from '../domain/canonical.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DsseEnvelope } from '../ports/signer.js';
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
  const payload = Buffer.from(canonicalJson(modelSignatureStatement(model, files, `sha256:${root.digest('hex')}`)));
  const signed = Buffer.concat([Buffer.from(dsseHeader(IN_TOTO, payload.length)), payload]);
  const sig = sign('sha256', signed, { key: key.privateKey, dsaEncoding: 'der' }).toString('base64');
  return { payloadType: IN_TOTO, payload: payload.toString('base64'), signatures: [{ keyid: key.keyid, sig }] };
};
