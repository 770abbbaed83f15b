import type { Digest } from '../domain/artifact/types.js';
import type { DsseEnvelope } from './signer.js';

/** Judges attestations against the keys of this installation. */
export interface Attestations {
  /**
   * Is this the provenance of exactly this artifact, signed by our builder? Its predicate is returned.
   * `signature_invalid` otherwise; `signer_unreachable` where the keys cannot be had.
   */
  verifyProvenance(envelope: DsseEnvelope, artifact: Digest): Promise<Readonly<Record<string, unknown>>>;
}
