import type { Digest } from '../artifact/types.js';
import type { ParamValue } from '../spec/types.js';

/** Digests of files by path, as they are in a commit or were written by a step. */
export type FileDigests = Readonly<Record<string, Digest>>;

/** Turns a JSON value into the digest of its canonical form; hashing is not the domain's. */
export type DigestOf = (value: unknown) => Digest;

/** What a step depends on besides the steps before it. */
export interface StepFacts {
  readonly command: {
    readonly run: string;
    readonly env: Readonly<Record<string, string>>;
    readonly network?: boolean;
  };
  /** Files of the repository. */
  readonly files: FileDigests;
  /** Data from elsewhere, by the path it is put at. */
  readonly data: FileDigests;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Node.js, platform, image, and what install prepares. */
  readonly environment: Readonly<Record<string, string>>;
}

/** All that decides on what a step writes: the same parts are the same key. */
export interface StepParts extends StepFacts {
  /** Outputs of the steps before it, as far as it can see them. */
  readonly upstream: FileDigests;
}

export interface StoredFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly executable?: boolean;
}

/** A run of a step that succeeded, as the store keeps it under its key. */
export interface StepRecord {
  readonly step: string;
  readonly key: Digest;
  readonly parts: StepParts;
  readonly outputs: readonly StoredFile[];
  readonly releaseId: string;
  readonly durationMs: number;
}

/** One difference between two runs of a step. */
export interface PartChange {
  readonly part: 'command' | 'file' | 'data' | 'param' | 'environment' | 'upstream' | 'output';
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Of parameters and the environment, which are short enough to show. */
  readonly from?: string;
  readonly to?: string;
}

export type RunCause =
  /** Something it depends on is not what it was at its last run. */
  | { readonly kind: 'changed'; readonly changes: readonly PartChange[] }
  | { readonly kind: 'never_ran' }
  /** Nothing changed, but what it wrote is gone from the store, or damaged, or the ledger does not know that run. */
  | { readonly kind: 'outputs_lost' }
  | { readonly kind: 'no_outputs' }
  /** A step before it declares no outputs, so that nobody knows what it reads. */
  | { readonly kind: 'unknown_upstream'; readonly steps: readonly string[] };

export type StepDecision =
  | { readonly step: string; readonly kind: 'skip'; readonly key: Digest; readonly record: StepRecord }
  | { readonly step: string; readonly kind: 'run'; readonly key?: Digest; readonly cause: RunCause }
  /** Steps before it run first: it is skipped when they write what they wrote before. */
  | { readonly step: string; readonly kind: 'depends'; readonly on: readonly string[] }
  /** The store must be asked for the record of this key. */
  | { readonly step: string; readonly kind: 'lookup'; readonly key: Digest };

/** What is known of earlier runs, and of this one so far. */
export interface StepMemory {
  /** Records by key; null where the store was asked and has none. */
  readonly records: ReadonlyMap<Digest, StepRecord | null>;
  /** The last run of each step, whatever it was of. */
  readonly latest: ReadonlyMap<string, StepRecord>;
  /** What steps of this run have written. */
  readonly ran: ReadonlyMap<string, readonly StoredFile[]>;
}
