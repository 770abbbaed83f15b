/**
 * Everything that workflows say to each other and to the world: queues, workflow IDs, inputs, signals, updates
 * and queries. The one place where a name on the wire is written down.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Digest, Version } from '../src/domain/artifact/types.js';
import type { DriftWindow } from '../src/domain/drift/types.js';
import type { DeploymentRequest, DeploymentSettled, EnvironmentState } from '../src/domain/environment/types.js';
import type { RollbackExpected } from '../src/domain/environment/planRollback.js';
import type { HoldNotice, OverrideNotice } from '../src/domain/hold/types.js';
import type { IncidentView, Problem } from '../src/domain/incident/types.js';
import type { Resumption } from '../src/domain/release/resumePoint.js';
import type { ReleasePlan } from '../src/domain/release/plan.js';
import type { RefusalCount } from '../src/domain/approval/countRefusal.js';
import type { InputValues } from '../src/domain/approval/inputs.js';
import type { Looks } from '../src/domain/approval/looks.js';
import type { ApprovalProgress } from '../src/domain/approval/progress.js';
import type { BakeAskedView, ReleaseView, Trigger } from '../src/domain/release/types.js';
import type { RolloutOutcome, RolloutView } from '../src/domain/rollout/types.js';
import type { MonitoringSpec, ParamValue, RolloutSpec } from '../src/domain/spec/types.js';

// Task queues. Workflows run on `control` only.
export const QUEUES = { control: 'control', build: 'build', serve: 'serve', monitor: 'monitor' } as const;

// Workflow IDs: derived, so that starting twice is one start.
export const releaseId = (model: string, commit: string, rerun?: string): string =>
  `release/${model}/${commit}${rerun === undefined ? '' : `.${rerun}`}`;
/** The commit that a release's ID names. */
export const commitOf = (release: string): string => /^release\/[^/]+\/([^/.]+)/.exec(release)?.[1] ?? '';
export const environmentId = (model: string, environment: string): string => `environment/${model}/${environment}`;
export const rolloutId = (model: string, environment: string, epoch: number): string =>
  `rollout/${model}/${environment}/${epoch}`;
export const driftId = (model: string, environment: string): string => `drift/${model}/${environment}`;
export const sourceId = (model: string): string => `source/${model}`;
export { incidentId } from '../src/domain/incident/keys.js';

// Inputs
export interface ReleaseInput {
  readonly model: string;
  /** Name of the repository in the operator's configuration. */
  readonly repository: string;
  readonly commit: string;
  readonly order: number;
  readonly trigger: Trigger;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly rerun?: string;
  /** Told on from where it failed, as the same release. */
  readonly resume?: Resumption;
  /** Carried over continue-as-new, which happens only while it waits for people. */
  readonly carried?: CarriedRelease;
}

export interface CarriedRelease {
  readonly view: ReleaseView;
  readonly plan: ReleasePlan;
  /** Absent: it waits for labels, and for nobody's decision. */
  readonly wait?: ApprovalProgress;
  readonly bake?: CarriedBake;
  readonly decisions: CarriedDecisions;
  /** Absent: nobody had said that its environment moved. */
  readonly looks?: Looks;
  /** Absent: the run before did not look for comments. */
  readonly comments?: CarriedComments;
}

export interface CarriedBake {
  /** Its deadline, epoch milliseconds. */
  readonly until: number;
  /** Event time at which it began; absent: nothing was logged then. */
  readonly since?: number;
  /** What comes back where it is refuted; absent: nothing ran before. */
  readonly replaced?: Version;
  /** When labels are judged next; absent: at the next look. */
  readonly judgeAt?: number;
  /** What labels said then, in words. */
  readonly found?: string;
  /** Its owners are asked; absent: labels decide still. */
  readonly asked?: BakeAskedView;
  /** They were being told so when the run before ended. */
  readonly telling?: true;
}

export interface CarriedComments {
  /** Those that were made before are not told of, epoch milliseconds. */
  readonly since: number;
  /** Somebody said that there is one, and the run before had not looked yet. */
  readonly due: boolean;
}

export interface CarriedDecisions {
  /** Arrived by signal, and not judged yet. */
  readonly arrived: readonly { readonly statement: string; readonly at: number }[];
  readonly refusals: RefusalCount;
}

export interface EnvironmentInput {
  readonly model: string;
  readonly environment: string;
  /** Carried over continue-as-new. */
  readonly state?: EnvironmentState;
}

export interface RolloutInput {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  readonly requestId: string;
  readonly candidate: Version;
  readonly champion?: Version;
  readonly plan: RolloutSpec;
  /** Nothing is to run afterwards; `candidate` is what is taken away. */
  readonly retires?: true;
  /** First sequence number of this rollout. */
  readonly seq: number;
}

export interface DriftWatchInput {
  readonly model: string;
  readonly environment: string;
}

export interface TargetWatchInput {
  readonly model: string;
  readonly environment: string;
  /** How often this is looked at, milliseconds: an incident looks as often whether it is over. */
  readonly everyMs: number;
}

export interface SourceWatchInput {
  readonly model: string;
}

export interface IncidentInput {
  readonly model: string;
  readonly environment: string;
  readonly kind: string;
  readonly subject: string;
  readonly owner: string;
  /** Who hears of it, in order, when nobody acknowledges; the owner first. Absent: the owner alone. */
  readonly owners?: readonly string[];
  readonly monitoring: MonitoringSpec;
  /** Carried over continue-as-new. */
  readonly carried?: IncidentView;
  readonly progress?: IncidentProgress;
  /** Findings that arrived when the run before had just resolved. */
  readonly pending?: readonly FindingMessage[];
}

/** What an incident has done so far besides what people see. */
export interface IncidentProgress {
  /** Owners that were told so far. */
  readonly told: number;
  /** Every finding that ever arrived, so that repeats stay repeats; at most 500. */
  readonly known: readonly string[];
  /** Start of the newest window that a remediation was decided on. */
  readonly assessedUntil: number;
  /** When the newest finding is to be assessed again, because a cooldown was all that spoke against it; 0: never. */
  readonly assessAgainAt: number;
  readonly lastFindingAt: number;
  /** Next look whether later windows are sound again. */
  readonly lookAt: number;
  readonly retrains: number;
  /** Requests to the environment so far: part of the next one's ID. */
  readonly requests: number;
}

// Messages
export interface AnnounceMessage {
  readonly releaseId: string;
  readonly order: number;
  /** It waits for its turn, or for the word that it may go on at all; absent: it takes the place of older ones. */
  readonly whenBusy?: 'queue' | 'reject';
  /** Of a hotfix: the usual release of the same commit, whose place it takes. */
  readonly insteadOf?: string;
  /** In line it wants to hear whom it waits for. */
  readonly listens?: true;
}
/** Whom a release in line waits for, for people to see: the one right before it. */
export interface InLineMessage {
  readonly environment: string;
  readonly after: string;
}
/** It is this release's turn; or not, because of another one. */
export interface TurnMessage {
  readonly refusedFor?: string;
}
export interface WithdrawMessage {
  readonly releaseId: string;
  /** A request that the release takes back, and whose answer it waits for. */
  readonly asked?: DeploymentRequest;
}
export interface SupersedeMessage {
  readonly by: string;
  readonly order: number;
}
export interface DecideMessage {
  /** Compact JWS. */
  readonly statement: string;
}
export interface DecisionReceipt {
  readonly jti: string;
  readonly counted: boolean;
  readonly state: 'waiting' | 'approved' | 'rejected';
  /** What the approval answered. */
  readonly inputs?: InputValues;
  /** What is still missing where it waits on, in words. */
  readonly stands?: string;
}
/** Somebody said or asked something about a release; the text stays in the store. */
export interface CommentedMessage {
  readonly comment: string;
  readonly kind: 'comment' | 'question';
  readonly by: string;
}
/** What keeps a release out of an environment now; no holds: nothing does any more. */
export interface HeldMessage {
  readonly requestId: string;
  readonly environment: string;
  readonly since: number;
  readonly holds: readonly HoldNotice[];
  readonly overridden: readonly OverrideNotice[];
}
export interface SettledMessage {
  readonly requestId: string;
  readonly epoch: number;
  readonly outcome: RolloutOutcome;
}
export interface RollbackMessage {
  readonly requestId: string;
  /** Absent: the version before. */
  readonly to?: Version;
  /** Where the arbiter was when somebody was shown what it would do; absent: nobody was. */
  readonly expected?: RollbackExpected;
  readonly by: string;
  readonly reason: string;
}
export interface RollbackReceipt {
  readonly requestId: string;
  readonly to: Version;
}
export interface RetireMessage {
  readonly requestId: string;
  /** Where the arbiter was when somebody was shown what it would do. */
  readonly expected: RollbackExpected;
  /** Open incidents that hear of its end. */
  readonly incidents: readonly string[];
  readonly by: string;
  readonly reason: string;
  /** When the word stops counting, epoch milliseconds. */
  readonly until?: number;
}
export interface RetireReceipt {
  readonly requestId: string;
}
export interface LeaseMessage {
  readonly incidentId: string;
  readonly deadlineMs: number;
}
export interface LeaseReceipt {
  readonly granted: boolean;
  readonly holder?: string;
}
export interface FindingMessage {
  /** One finding of one report arrives once. */
  readonly findingId: string;
  readonly finding: Problem;
  readonly report: Digest;
  readonly artifactDigest: Digest;
  readonly window: DriftWindow;
}
export interface AcknowledgeMessage {
  readonly by: string;
  readonly note: string;
}
/** Ends an incident that nothing else ends. */
export interface ResolveMessage {
  readonly by: string;
  readonly reason: string;
}
export interface ReleaseEndedMessage {
  readonly releaseId: string;
  readonly outcome: string;
  readonly reason: string;
}

// release
export const decideSignal = defineSignal<[DecideMessage]>('decide');
export const decideUpdate = defineUpdate<DecisionReceipt, [DecideMessage]>('decide');
export const supersedeSignal = defineSignal<[SupersedeMessage]>('supersede');
export const turnSignal = defineSignal<[TurnMessage]>('turn');
export const inLineSignal = defineSignal<[InLineMessage]>('inLine');
export const deploymentSettledSignal = defineSignal<[DeploymentSettled]>('deploymentSettled');
export const heldSignal = defineSignal<[HeldMessage]>('held');
/** Carries nothing: whoever gets it looks for itself who broke the glass. */
export const breakGlassSignal = defineSignal('breakGlass');
export const commentedSignal = defineSignal<[CommentedMessage]>('commented');
/** The environment that it waits to enter has moved on. Carries nothing: whoever gets it looks for itself. */
export const environmentMovedSignal = defineSignal('environmentMoved');
/** Carries nothing: whoever gets it looks for itself who confirmed or reverted a provisional version. */
export const bakeAnsweredSignal = defineSignal('bakeAnswered');
export const releaseStateQuery = defineQuery<ReleaseView>('state');

// environment
export const announceSignal = defineSignal<[AnnounceMessage]>('announce');
export const withdrawSignal = defineSignal<[WithdrawMessage]>('withdraw');
export const requestDeploymentSignal = defineSignal<[DeploymentRequest]>('requestDeployment');
export const settledSignal = defineSignal<[SettledMessage]>('settled');
export const rollbackUpdate = defineUpdate<RollbackReceipt, [RollbackMessage]>('rollback');
/** Only a request: the target's door wants the word of an operator in the ledger. */
export const retireUpdate = defineUpdate<RetireReceipt, [RetireMessage]>('retire');
export const takeLeaseSignal = defineSignal<[LeaseMessage]>('takeRemediationLease');
export const returnLeaseSignal = defineSignal<[{ incidentId: string }]>('returnRemediationLease');
/** Carries nothing: whoever gets it looks for itself at what holds releases back. */
export const lookSignal = defineSignal('look');
export const environmentStateQuery = defineQuery<EnvironmentState>('state');

// rollout
export const pauseSignal = defineSignal<[{ by: string; reason: string }]>('pause');
export const resumeSignal = defineSignal<[{ by: string; reason?: string }]>('resume');
/** `step`, from 0: the hold of this one is over, and of no other; without it those of all that are still to come. */
export const promoteSignal = defineSignal<[{ by: string; reason?: string; step?: number }]>('promote');
export const abortSignal = defineSignal<[{ by: string; reason: string }]>('abort');
export const rolloutStateQuery = defineQuery<RolloutView>('state');

// incident
export const findingSignal = defineSignal<[FindingMessage]>('finding');
export const acknowledgeUpdate = defineUpdate<IncidentView, [AcknowledgeMessage]>('acknowledge');
export const resolveUpdate = defineUpdate<IncidentView, [ResolveMessage]>('resolve');
export const leaseGrantedSignal = defineSignal<[LeaseReceipt]>('remediationLease');
export const releaseEndedSignal = defineSignal<[ReleaseEndedMessage]>('releaseEnded');
export const incidentStateQuery = defineQuery<IncidentView>('state');

export const SEARCH_ATTRIBUTES = {
  model: defineSearchAttributeKey('SlipwayModel', 'KEYWORD'),
  environment: defineSearchAttributeKey('SlipwayEnvironment', 'KEYWORD'),
  stage: defineSearchAttributeKey('SlipwayStage', 'KEYWORD'),
  commit: defineSearchAttributeKey('SlipwayCommit', 'KEYWORD'),
  verdict: defineSearchAttributeKey('SlipwayVerdict', 'KEYWORD'),
} as const;

/** SlipwayStage of a release that waits for people, and of one that has since and did not end yet. */
export const waitingStage = (environment: string): string => `waiting:${environment}`;
