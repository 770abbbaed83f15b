import type { Digest, Version } from '../artifact/types.js';
import type { HoldNotice } from '../hold/types.js';
import type { Verdict } from '../gate/types.js';

/** Fences commands: a target accepts only a greater pair, compared epoch first. */
export interface Fence {
  readonly epoch: number;
  readonly seq: number;
}

/** A shadow answers nobody: it gets copies of what others answered. */
export type Role = 'champion' | 'candidate' | 'shadow';

export interface TargetVersion extends Version {
  /** Percent of the traffic; the weights of a command sum to 100. A shadow's is 0. */
  readonly weight: number;
  readonly role: Role;
  /** Of a shadow only: percent of the requests that it gets a copy of. */
  readonly copies?: number;
}

/** The whole desired state of one model in one environment: what should run and who gets which share. */
export interface TargetCommand {
  readonly model: string;
  readonly environment: string;
  readonly fence: Fence;
  readonly versions: readonly TargetVersion[];
}

export interface ObservedVersion {
  readonly artifactDigest: Digest;
  readonly weight: number;
  readonly role: Role;
  /** Of a shadow only. */
  readonly copies?: number;
  readonly ready: boolean;
  /** What the model server itself says it serves (its own `/v2` metadata). */
  readonly servedDigest?: Digest;
  readonly restarts: number;
  readonly reason?: string;
  /** Of a version whose processes follow its load; absent: they do not, or the target does not say. */
  readonly scale?: VersionScale;
}

/** How many processes serve a version, and why. */
export interface VersionScale {
  readonly replicas: number;
  /**
   * It has no process, and gets one with the next request. It counts as ready, and as serving what its server said that it
   * served when it was put to sleep: nobody wakes it to ask.
   */
  readonly asleep?: true;
  /** How many its load wants, where its node has fewer for it. */
  readonly wanted?: number;
  readonly reason: string;
}

/** What really runs, asked of the target itself. */
export interface TargetState {
  readonly model: string;
  readonly environment: string;
  readonly fence: Fence;
  readonly versions: readonly ObservedVersion[];
  /** Epoch that is known to have been settled here, and that the target has forgotten: its disk is an older copy. */
  readonly forgotten?: number;
  /** Base URL of the Open Inference Protocol. */
  readonly inferenceUrl: string;
  /** `host:port` of the same protocol over gRPC; absent: it does not speak it, or does not say. */
  readonly grpcAddress?: string;
}

/** Counters of one version since the last accepted command, without requests that asked for this version. Histograms are mergeable. */
export interface TrafficCounters {
  readonly artifactDigest: Digest;
  readonly requests: number;
  readonly failures: number;
  /** Requests that are no question to this model, by its signature; no part of `requests`. Absent: none. */
  readonly refused?: number;
  /** Times that the target took it out of the traffic, because requests in a row were not answered. Absent: none. */
  readonly ejections?: number;
  /** Times that its server ended, or was ended, and was started again. Absent: none, or the target does not say. */
  readonly restarts?: number;
  /** Copies that a shadow should have had and did not get, so that nobody waited; no part of `requests`. Absent: none. */
  readonly droppedCopies?: number;
  /** Rows predicted. */
  readonly rows: number;
  /** Counts per bucket of LATENCY_BUCKETS_MS, one more for the rest. */
  readonly latency: readonly number[];
  /** Counts over 20 equal bins of the prediction, 0 to 1. */
  readonly predictions: readonly number[];
  /** Per feature: counts over the reference bins that are frozen in the artifact. */
  readonly features: Readonly<Record<string, readonly number[]>>;
}

/** A feature's (or the prediction's) reference, frozen in the artifact when it was packaged. */
export type ReferenceHistogram =
  | {
      readonly kind: 'numeric';
      /** Inner edges, ascending; bin i holds values in (edges[i-1], edges[i]]. counts has edges.length + 2 entries: the last one counts missing values. */
      readonly edges: readonly number[];
      readonly counts: readonly number[];
    }
  | {
      readonly kind: 'categorical';
      readonly categories: readonly string[];
      /** One per category, then `other` (unseen), then missing. */
      readonly counts: readonly number[];
    };

export interface StepAnalysis {
  /** Number of the canary step, from 0; 0 also where `phase` says that it is none. */
  readonly step: number;
  /** Absent: a canary step. */
  readonly phase?: OtherPhase;
  readonly weight: number;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Every measurement with its limit, also those that passed. */
  readonly measurements: readonly {
    readonly name: string;
    readonly value: number;
    readonly limit: number;
    readonly verdict: Verdict;
    /** Why there is no value, where there is none; or what value and limit do not say by themselves. */
    readonly reason?: string;
  }[];
  readonly requests: number;
  /** Failed requests of the champion, on this step or the last one on which it had traffic. */
  readonly control?: { readonly count: number; readonly total: number };
}

/** A phase that is no canary step: copies before any traffic, or all traffic beside what is kept. */
export type OtherPhase = 'shadow' | 'switch';

/** Who may say that a rollout goes on, and until when it waits for that. */
export interface AwaitedWord {
  readonly step: number;
  readonly roles: readonly string[];
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number;
}

/** A person's word that a rollout goes on behind a step. */
export interface GivenWord {
  readonly step: number;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export type RolloutOutcome =
  | { readonly kind: 'completed'; readonly steps: readonly StepAnalysis[] }
  | {
      readonly kind: 'aborted';
      readonly reason: string;
      readonly steps: readonly StepAnalysis[];
      readonly trafficRestored: boolean;
    }
  /** Something held it back before it had any traffic: nothing has changed, and it may be tried again. */
  | {
      readonly kind: 'held';
      readonly reason: string;
      readonly steps: readonly StepAnalysis[];
      readonly holds: readonly HoldNotice[];
      readonly changesAt?: number;
    };

export interface RolloutView {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  /** `waiting`: for the word of a person. */
  readonly status:
    'deploying' | 'holding' | 'analysing' | 'waiting' | 'paused' | 'held' | 'aborting' | 'completed' | 'aborted';
  readonly step: number;
  readonly weight: number;
  /** Absent: a canary step, or none yet. */
  readonly phase?: OtherPhase;
  /** Where it is `waiting`. */
  readonly awaits?: AwaitedWord;
  /** Absent: nobody was asked. */
  readonly words?: readonly GivenWord[];
  /** Why it does not go on, where it is `held`. */
  readonly held?: string;
  /** Who has it wait before its next step; absent: nobody. */
  readonly paused?: { readonly by: string; readonly reason: string };
  readonly steps: readonly StepAnalysis[];
}
