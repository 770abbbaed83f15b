import { versionOfProvenance } from '../domain/artifact/statements.js';
import type { Digest, Version } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Attestations } from '../ports/attestations.js';
import type { DsseEnvelope } from '../ports/signer.js';
import { parsed, releaseAttestations, type AttestationDocuments } from './releaseAttestations.js';

export interface ProvenancePorts {
  readonly store: AttestationDocuments;
  readonly attestations: Attestations;
}

/**
 * Which release and commit an artifact is of, from the provenance that our builder signed; undefined where nothing of
 * the kind is there. Whoever can write to the store can put something else in its place.
 */
export const attestedVersion = async (
  ports: ProvenancePorts,
  model: string,
  artifactDigest: Digest,
): Promise<Version | undefined> => {
  try {
    return versionOfProvenance(artifactDigest, await provenanceOf(ports, model, artifactDigest));
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'signature_invalid') return undefined;
    throw error;
  }
};

/**
 * What our builder attested of how an artifact was made: of the release that stands for it, or of another one that made
 * it where that is damaged. `signature_invalid` where no release did.
 */
export const provenanceOf = async (
  { store, attestations }: ProvenancePorts,
  model: string,
  artifactDigest: Digest,
): Promise<Readonly<Record<string, unknown>>> => {
  let refused = new SlipwayError('signature_invalid', `${artifactDigest} has no provenance`, { artifactDigest });
  for (const { documents } of await releaseAttestations(store, model, artifactDigest)) {
    const envelope = parsed(documents['provenance']);
    if (typeof envelope !== 'object' || envelope === null) continue;
    try {
      return await attestations.verifyProvenance(envelope as DsseEnvelope, artifactDigest);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'signature_invalid') throw error;
      refused = error;
    }
  }
  throw refused;
};
