import { versionOfProvenance } from '../domain/artifact/statements.js';
import type { Digest, Version } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Attestations } from '../ports/attestations.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { DsseEnvelope } from '../ports/signer.js';
import { documentOf } from './documents.js';

export interface ProvenancePorts {
  readonly store: Pick<BlobStore, 'getDocument'>;
  readonly attestations: Attestations;
}

/**
 * Which release and commit an artifact is of, from the provenance that our builder signed; undefined where nothing of
 * the kind is there. Whoever can write to the store can put something else in its place.
 */
export const attestedVersion = async (
  { store, attestations }: ProvenancePorts,
  model: string,
  artifactDigest: Digest,
): Promise<Version | undefined> => {
  const key = `models/${model}/attestations/${artifactDigest.slice('sha256:'.length)}/provenance.json`;
  try {
    const envelope = await documentOf<DsseEnvelope | null>(store, key);
    if (envelope === undefined || envelope === null) return undefined;
    return versionOfProvenance(artifactDigest, await attestations.verifyProvenance(envelope, artifactDigest));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof SlipwayError && error.code === 'signature_invalid') return undefined;
    throw error;
  }
};
