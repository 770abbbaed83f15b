import type { CancellationScope } from '@temporalio/workflow';
import type { ApprovalSubject } from '../../src/domain/approval/types.js';
import type { Digest } from '../../src/domain/artifact/types.js';
import type { DeploymentSettled } from '../../src/domain/environment/types.js';
import type { ErrorCode } from '../../src/domain/errors/table.js';
import type { Verdict } from '../../src/domain/gate/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type {
  Authorship,
  DecisionRecord,
  ReleaseOutcome,
  ReleaseView,
  StageName,
  StageView,
  WaitingView,
} from '../../src/domain/release/types.js';

/** Ends the story with an outcome that is no failure of the machinery. */
export class ReleaseEnd extends Error {
  constructor(
    readonly outcome: ReleaseOutcome,
    reason: string,
    readonly blockedBy?: Verdict,
  ) {
    super(reason);
  }
}

export interface StageResult<T> {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly evidence?: Digest;
  readonly result: T;
}

/** A decision that arrived and was not judged yet; `done` is set by the approval that judges it. */
export interface ArrivedDecision {
  readonly statement: string;
  /** By the clock of the workflow, epoch milliseconds. */
  readonly at: number;
  done?: { readonly record: DecisionRecord; readonly state: 'waiting' | 'approved' | 'rejected' };
}

export interface AskedDeployment {
  readonly environment: string;
  readonly requestId: string;
}

/** What the parts of a release's workflow share: its view, and what arrived for it. */
export interface Story {
  readonly releaseId: string;
  readonly model: string;
  /** Cancelled when a newer commit supersedes this one. */
  readonly supersedable: CancellationScope;
  view(): ReleaseView;
  stage<T>(name: StageName, environment: string | undefined, work: () => Promise<StageResult<T>>): Promise<T>;
  learn(plan: ReleasePlan, authorship: Authorship): void;
  /** Takes over what an earlier telling finished. */
  recall(finished: readonly StageView[], artifact: Digest | undefined, decisions: readonly DecisionRecord[]): void;
  /** Was this stage finished by an earlier telling? */
  isFinished(name: StageName, environment?: string): boolean;
  hasArtifact(digest: Digest): void;
  artifact(): Digest;
  wait(waiting: WaitingView | undefined, subject?: ApprovalSubject): void;
  record(decision: DecisionRecord): void;
  /** Decisions in the order of their arrival; taken out by the approval. */
  readonly decisions: ArrivedDecision[];
  /** Answers a decision that nobody judges, with a code of the error table. */
  refuse(arrived: ArrivedDecision, refusal: ErrorCode): void;
  /** Answers decisions that came after the last one that was needed. */
  refuseRest(): void;
  settledOf(requestId: string): DeploymentSettled | undefined;
  /** Notes the request that waits for an environment's word. */
  asked(request: AskedDeployment): void;
  /** Environment that was asked last and has not answered. */
  unanswered(): string | undefined;
  /** From now on an environment that was asked has a deadline. */
  expectAnswers(): void;
  answersOverdue(): boolean;
  supersededBy(): string | undefined;
  /** From here on a newer commit waits for this one. */
  passPointOfNoReturn(): void;
  plan(): ReleasePlan | undefined;
  end(outcome: ReleaseOutcome, reason: string): void;
}
