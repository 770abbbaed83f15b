import type { Digest } from '../domain/artifact/types.js';

/** A DSSE envelope (https://github.com/secure-systems-lab/dsse), as JSON. */
export interface DsseEnvelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

export interface ProvenanceRequest {
  readonly model: string;
  readonly releaseId: string;
  readonly artifactDigest: Digest;
  /** Lineage as in-toto SLSA provenance wants it; JSON-safe. */
  readonly predicate: Readonly<Record<string, unknown>>;
}

/** The signer process: keeps the builder's and the ledger's keys, and signs only digests that it recomputed from the store. */
export interface Signer {
  attest(request: ProvenanceRequest): Promise<DsseEnvelope>;
  /** Signs the head of a ledger stream after reading the entry from the store. */
  signLedger(stream: string, seq: number, digest: Digest): Promise<DsseEnvelope>;
  publicKeys(): Promise<
    readonly {
      readonly keyid: string;
      readonly role: 'builder' | 'ledger';
      readonly jwk: Readonly<Record<string, unknown>>;
    }[]
  >;
}
