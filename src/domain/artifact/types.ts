/** `sha256:<64 hex digits>` of the bytes it names. */
export type Digest = `sha256:${string}`;

export interface BlobRef {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** One version of a model as it is deployed: immutable, named by the digest of its OCI manifest. */
export interface Version {
  readonly artifactDigest: Digest;
  readonly releaseId: string;
  readonly commit: string;
}

export interface TensorSpec {
  readonly name: string;
  /** Open Inference Protocol datatype: FP32, INT64, BYTES, ... */
  readonly datatype: string;
  /** -1 for a dynamic axis. */
  readonly shape: readonly number[];
}
