import { MEDIA_TYPES } from '../../domain/artifact/manifest.js';
import type { DsseEnvelope } from '../../ports/signer.js';

/** Attestations travel beside an artifact as its referrers, one manifest each (OCI image specification 1.1). */
export const ENVELOPE = 'application/vnd.dsse.envelope.v1+json';
export const ATTESTATION = 'application/vnd.in-toto+json';
export const INDEX = 'application/vnd.oci.image.index.v1+json';
/** Name of the attestation: `provenance`, `tests`, `approval`. */
export const NAME = 'dev.slipway.attestation';
export const EMPTY = new TextEncoder().encode('{}');
export const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

interface Part {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const referrerManifest = (
  name: string,
  subject: Part,
  empty: Part,
  envelope: Part,
): Readonly<Record<string, unknown>> => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.manifest,
  artifactType: ATTESTATION,
  config: empty,
  layers: [envelope],
  subject,
  annotations: { [NAME]: name },
});

export const encodeEnvelope = (envelope: DsseEnvelope): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(envelope));

/** Where registries without the referrers API keep the list, by the same specification. */
export const fallbackTag = (digest: string): string => digest.replace(':', '-');
