import type { Digest } from '../domain/artifact/types.js';

/** A DSSE envelope (https://github.com/secure-systems-lab/dsse), as JSON. */
export interface DsseEnvelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

export interface ReleaseRequest {
  readonly model: string;
  readonly releaseId: string;
  readonly artifactDigest: Digest;
}

export interface ReleaseAttestations {
  readonly tests: DsseEnvelope;
  readonly approval?: DsseEnvelope;
}

/** The newest checkpoint, and how many heads were signed just now. */
export interface SignedCheckpoint {
  readonly seq: number;
  readonly signed: number;
}

/** The signer process: keeps the builder's and the ledger's keys, and signs only digests that it recomputed from the store. */
export interface Signer {
  /** SLSA provenance, from the lineage that is a layer of the artifact. */
  attest(request: ReleaseRequest): Promise<DsseEnvelope>;
  /** OpenSSF model signature over the artifact's files, as its manifest names them. */
  signModel(model: string, artifactDigest: Digest): Promise<DsseEnvelope>;
  /** Attests what the ledger says of a release: test results, and decisions where people were asked. */
  attestRelease(request: ReleaseRequest): Promise<ReleaseAttestations>;
  /** Signs a checkpoint over these streams of the ledger, after reading what was appended to them: `ledger_tampered`. */
  checkpoint(streams: readonly string[]): Promise<SignedCheckpoint>;
  publicKeys(): Promise<
    readonly {
      readonly keyid: string;
      readonly role: 'builder' | 'ledger' | 'model' | 'decision';
      readonly jwk: Readonly<Record<string, unknown>>;
    }[]
  >;
}
