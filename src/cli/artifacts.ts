import type { ArtifactVerification } from '../domain/artifact/verification.js';
import type { Digest } from '../domain/artifact/types.js';
import type { ArtifactSummary, ShelvedArtifact } from '../ports/artifactShelf.js';

/** What the entry file hands over: artifacts in the store, or in folders. */
export interface Artifacts {
  list(model?: string): Promise<readonly ArtifactSummary[]>;
  open(named: string): Promise<ShelvedArtifact>;
  verify(artifact: ShelvedArtifact, keysFile?: string): Promise<ArtifactVerification>;
  verifySignature(folder: string, signatureFile: string, keyFile: string): Promise<ArtifactVerification>;
  pull(from: string, folder: string, options: { readonly plainHttp: boolean }): Promise<ShelvedArtifact>;
  push(
    artifact: ShelvedArtifact,
    to: string,
    options: { readonly plainHttp: boolean },
  ): Promise<{
    readonly digest: Digest;
    readonly present: number;
    readonly uploaded: number;
    readonly attestations: number;
  }>;
  importModel(
    source: string,
    folder: string,
    options: { readonly name: string; readonly licence?: string },
  ): Promise<ShelvedArtifact>;
  collectGarbage(options: { readonly dryRun: boolean; readonly graceMs: number }): Promise<{
    readonly dryRun: boolean;
    readonly blobs: number;
    readonly named: number;
    readonly garbage: readonly { readonly digest: Digest; readonly size: number; readonly at: number }[];
    readonly bytes: number;
    readonly abortedUploads: number;
  }>;
}
