import type { Descriptor, Manifest } from '../domain/artifact/manifest.js';
import type { BlobRef, Digest } from '../domain/artifact/types.js';
import type { DsseEnvelope } from './signer.js';

/** One artifact, wherever it lies: in the store, or in a folder that it was pulled to. */
export interface ShelvedArtifact {
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly model: string;
  /** Bytes of a layer or of the config, checked: `digest_mismatch`, `not_found`. */
  read(part: Descriptor): Promise<Uint8Array>;
  /** To a file, checked, without holding it in memory. */
  copyTo(part: Descriptor, path: string): Promise<BlobRef>;
  /** By name: `provenance`, `tests`, `approval`. */
  attestations(): Promise<Readonly<Record<string, DsseEnvelope>>>;
}

export interface ArtifactSummary {
  readonly model: string;
  readonly digest: Digest;
  readonly commit: string;
  readonly createdAt: string;
  /** Bytes of all layers. */
  readonly size: number;
  readonly releaseId?: string;
  readonly outcome?: string;
}

/** Artifacts as who has no installation reads them. */
export interface ArtifactShelf {
  list(model?: string): Promise<readonly ArtifactSummary[]>;
  /** By digest, its first digits, or a folder with a `manifest.json`: `artifact_unknown`. */
  open(named: string): Promise<ShelvedArtifact>;
}
