import type { ApprovalSubject } from '../approval/types.js';
import type { Digest } from '../artifact/types.js';
import type { Verdict } from '../gate/types.js';
import type { ParamValue } from '../spec/types.js';

export type ReleaseOutcome =
  | 'promoted'
  | 'provisional'
  | 'blocked'
  | 'rejected'
  | 'failed'
  | 'superseded'
  | 'expired'
  | 'rolled_back'
  | 'cancelled';

/** Stages of the story of one commit. `deploy`, `verify`, `gate` and `approve` happen once per environment. */
export type StageName = 'integrate' | 'build' | 'package' | 'approve' | 'deploy' | 'verify' | 'gate';

export type StageStatus = 'pending' | 'running' | 'waiting' | 'passed' | 'failed' | 'skipped';

export interface StageView {
  readonly name: StageName;
  readonly environment?: string;
  readonly status: StageStatus;
  /** Epoch milliseconds, workflow time. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** One sentence for people. */
  readonly reason?: string;
  readonly verdict?: Verdict;
  /** Digest of the stage's evidence in the store. */
  readonly evidence?: Digest;
}

export interface Trigger {
  readonly kind: 'commit' | 'manual' | 'retrain';
  /** Identity or workflow that caused the release. */
  readonly by: string;
  readonly at: number;
  readonly reason?: string;
}

/** Who wrote what is being released, as identities; `unknown` fails closed when somebody approves. */
export interface Authorship {
  readonly authors: readonly string[];
  readonly unknown: readonly string[];
  readonly trigger: string;
  /** Who had it told on after it had failed; absent where nobody had. */
  readonly resumedBy?: readonly string[];
}

export interface WaitingView {
  readonly environment: string;
  /** Exactly what a decision must name. */
  readonly subject: ApprovalSubject;
  readonly roles: readonly string[];
  readonly quorum: number;
  readonly since: number;
  readonly remindAt: number;
  readonly expireAt: number;
  readonly reminders: number;
  /** Those who decide and could not be told that they are asked; absent in waits that began before this was kept. */
  readonly unreachable?: readonly Unreachable[];
}

/** Somebody whom no notification reaches, and why. */
export interface Unreachable {
  readonly to: string;
  readonly reason: string;
}

/** What people and programs see of a release, by query while it runs, and from the store afterwards. */
export interface ReleaseView {
  readonly releaseId: string;
  readonly model: string;
  readonly repository: string;
  readonly commit: string;
  readonly order: number;
  readonly trigger: Trigger;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** How often it was resumed after it had failed. */
  readonly resumed?: number;
  readonly outcome?: ReleaseOutcome;
  readonly reason?: string;
  /** Gate verdict that blocked it, where outcome is `blocked`. */
  readonly blockedBy?: Verdict;
  readonly stages: readonly StageView[];
  readonly artifactDigest?: Digest;
  readonly evidenceDigest?: Digest;
  readonly policyDigest?: Digest;
  readonly authorship?: Authorship;
  readonly waiting?: WaitingView;
  readonly decisions: readonly DecisionRecord[];
  /** Refused messages that are not listed any more. */
  readonly unlistedDecisions?: number;
}

/** Every decision that arrived, also those that did not count. */
export interface DecisionRecord {
  readonly at: number;
  readonly jti: string;
  readonly subject: string;
  readonly decision: string;
  readonly reason: string;
  readonly counted: boolean;
  /** Code of the error table when it did not count. */
  readonly refusal?: string;
  /** What the refusal says in words. */
  readonly refusalReason?: string;
}
