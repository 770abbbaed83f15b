import type { Digest } from './types.js';

export interface ArtifactCheck {
  /** `manifest`, the path of a layer, `attestation <name>`, or `decision <number>` of the approval. */
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What `artifact verify` looked at. */
export interface ArtifactVerification {
  readonly ok: boolean;
  readonly digest: Digest;
  readonly checks: readonly ArtifactCheck[];
}

/** Only an artifact with provenance can be sound; other attestations must be right where they are there. */
export const REQUIRED_ATTESTATION = 'provenance';

/** What each attestation must state to count. */
export const ATTESTATION_PREDICATES: Readonly<Record<string, string>> = {
  provenance: 'https://slsa.dev/provenance/v1',
  tests: 'https://in-toto.io/attestation/test-result/v0.1',
  approval: 'https://slipway.dev/approval/v1',
  model: 'https://model_signing/signature/v1.0',
};
