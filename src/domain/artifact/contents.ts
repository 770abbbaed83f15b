import type { Metrics } from '../gate/types.js';
import type { ReferenceHistogram } from '../rollout/types.js';
import type { SignatureSpec } from '../spec/types.js';
import type { Digest, TensorSpec } from './types.js';

/** `slipway/reference.json`: what drift is measured against, frozen when the artifact was packaged. */
export interface FrozenReference {
  readonly features: Readonly<Record<string, ReferenceHistogram>>;
  /** 20 equal bins from 0 to 1. */
  readonly prediction: ReferenceHistogram;
  /** On the held-out rows. */
  readonly metrics: Metrics;
  readonly rows: number;
}

/** `slipway/signature.json`: what slipway.yaml declares. */
export interface PackagedSignature extends SignatureSpec {
  /** The model's inputs, where they are not one usual tensor per feature. */
  readonly inputs?: readonly TensorSpec[];
}

/** `slipway/smoke.json`: a chunk of real held-out rows, and what the packaged model says of them. */
export interface SmokeChunk {
  readonly columns: Readonly<Record<string, readonly (number | string | null)[]>>;
  readonly expected: readonly number[];
}

/** Data from elsewhere that a step of the build declares. */
export interface DeclaredData {
  /** Where the step finds it. */
  readonly path: string;
  readonly uri: string;
  readonly digest: string;
}

/** `slipway/lineage.json`: where the artifact comes from. */
export interface Lineage {
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly specDigest: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly data: { readonly evaluation: string; readonly reference: string };
  /** By path; absent where the build declares none, and in artifacts of earlier times. */
  readonly declared?: readonly DeclaredData[];
  readonly environment: Readonly<Record<string, string>>;
  /** CycloneDX list of the packages, which is a layer, too; absent in artifacts of earlier times. */
  readonly packages?: string;
  /** Evidence of the build. */
  readonly build: string;
  readonly licence?: string;
  /** What packaging changed in the model's graph; absent where it is as it was built. */
  readonly edited?: { readonly from: Digest; readonly zipMapRemoved: readonly string[] };
  /** What the trainer says of itself: shown, never trusted. */
  readonly reported?: unknown;
}
