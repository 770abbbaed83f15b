import type { Digest, Version } from '../artifact/types.js';
import type { HoldNotice, OverrideNotice } from '../hold/types.js';
import type { RolloutOutcome } from '../rollout/types.js';
import type { RolloutSpec } from '../spec/types.js';

/** `retirement`: the model leaves the environment, and `version` is what it takes away. */
export type DeploymentKind = 'release' | 'rollback' | 'remediation' | 'retirement';

/** Everything that changes what runs is one of these, in the queue of the environment. */
export interface DeploymentRequest {
  readonly requestId: string;
  readonly kind: DeploymentKind;
  readonly version: Version;
  readonly rollout: RolloutSpec;
  /** Position on the branch, by first parent; 0 for what is no release. */
  readonly order: number;
  /** Workflow that hears `deploymentSettled`; none for an operator's request. */
  readonly replyTo?: string;
  readonly by: string;
  readonly reason: string;
  /** The champion is put back, though nobody took its place: a target runs something else. Its epoch is above this one too. */
  readonly restore?: { readonly above: number };
  /** Its release waits for labels when it is deployed, and wants to hear when another version takes its place. */
  readonly bakes?: true;
  /** Nothing is done where another version runs by then. */
  readonly onlyFrom?: Digest;
  /** Of a retirement: the arbiter's epoch when it was looked at, the open incidents that it ends, and until when it counts. */
  readonly retires?: { readonly epoch: number; readonly incidents: readonly string[]; readonly until?: number };
  /** Of a release: when it began, epoch milliseconds; absent where it was begun again on purpose. */
  readonly since?: number;
}

export interface DeploymentSettled {
  readonly requestId: string;
  readonly environment: string;
  readonly epoch: number;
  readonly outcome:
    /** `replaced`: what ran before, where a release took its place. */
    | { readonly kind: 'deployed'; readonly replaced?: Version }
    | { readonly kind: 'rolled_back'; readonly reason: string }
    | { readonly kind: 'retired'; readonly by: string; readonly reason: string }
    | { readonly kind: 'superseded'; readonly by: string }
    /** Something held it back, and does no longer: its evidence may be out of date, so it is to ask again. */
    | {
        readonly kind: 'thawed';
        readonly heldSince: number;
        readonly championChanged: boolean;
        readonly overridden: readonly OverrideNotice[];
      }
    | { readonly kind: 'refused'; readonly code: string; readonly reason: string };
  readonly rollout?: RolloutOutcome;
}

export interface DeploymentEntry {
  readonly requestId: string;
  readonly kind: DeploymentKind;
  readonly epoch: number;
  readonly version: Version;
  readonly outcome: 'deployed' | 'rolled_back' | 'refused' | 'retired';
  readonly by: string;
  readonly reason: string;
  /** Position on the branch of the version. */
  readonly order?: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why the ledger does not have this entry. */
  readonly unrecorded?: string;
}

/** The answer to a request; its `replyTo` hears it. */
export interface Reply {
  readonly request: DeploymentRequest;
  readonly settled: DeploymentSettled;
}

export interface RemediationLease {
  readonly incidentId: string;
  readonly since: number;
  readonly deadline: number;
}

export interface HeldRequest {
  readonly requestId: string;
  readonly since: number;
  /** What ran here when it was first held. */
  readonly champion: Digest | 'none';
  readonly holds: readonly HoldNotice[];
  /** When to look again. */
  readonly lookAt: number;
}

export interface AnnouncedRelease {
  readonly releaseId: string;
  readonly order: number;
  /** Of releases that follow each other in line: whose turn it is keeps it until it has ended. */
  readonly line?: 'waits' | 'turn';
  /** Of a hotfix: the usual release of the same commit. */
  readonly insteadOf?: string;
  /** It shows people whom it waits for in line; releases from before that was told do not listen. */
  readonly listens?: true;
  /** Whom it was told that it waits for. */
  readonly after?: string;
}

/** That, when and by whom a model was taken out of an environment, until another version comes. */
export interface Retired {
  readonly epoch: number;
  /** What ran. */
  readonly version: Version;
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** State of the arbiter; carried over continue-as-new as it is. */
export interface EnvironmentState {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  readonly champion?: Version;
  /** Position on the branch of what runs; absent: not known. */
  readonly championOrder?: number;
  readonly previous?: Version;
  /** Nothing runs, because somebody retired the model. */
  readonly retired?: Retired;
  readonly active?: { readonly epoch: number; readonly request: DeploymentRequest; readonly startedAt: number };
  readonly queue: readonly DeploymentRequest[];
  /** The release of the champion that waits for labels. */
  readonly baking?: string;
  /** Newest release that is announced and has not ended. */
  readonly newest?: { readonly releaseId: string; readonly order: number };
  /** Releases that may still come here, and can be superseded. */
  readonly announced: readonly AnnouncedRelease[];
  readonly lease?: RemediationLease;
  /** The request that something keeps out, at the head of the queue. */
  readonly held?: HeldRequest;
  /** The last deployments, newest first, at most 20. */
  readonly history: readonly DeploymentEntry[];
  /** Request IDs already settled, so that a repeat is answered and not done again; at most 100. */
  readonly settled: readonly DeploymentSettled[];
}

export interface Pointer {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  readonly artifactDigest: Digest;
  readonly releaseId: string;
  readonly at: number;
}

/** Nothing serves. The epoch stays: a target whose disk was put back learns from it that it forgot the retirement. */
export type EmptyPointer = Omit<Pointer, 'artifactDigest' | 'releaseId'> & { readonly retired: true };
