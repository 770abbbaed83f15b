import type { ApprovalGroup } from '../approval/approvalRule.js';
import type { Climbed, ShownStep } from '../approval/ladder.js';
import type { InputQuestions, InputValues } from '../approval/inputs.js';
import type { ApprovalSubject } from '../approval/types.js';
import type { Digest, Version } from '../artifact/types.js';
import type { HoldNotice, OverrideNotice } from '../hold/types.js';
import type { Verdict } from '../gate/types.js';
import type { BreakGlassNotice, GlassLook } from '../urgency/glassNotice.js';
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

/** Stages of the story of one commit. Those behind `package` happen once per environment; `review` to hotfixes, `bake` only in the last. */
export type StageName =
  'integrate' | 'build' | 'package' | 'approve' | 'deploy' | 'verify' | 'gate' | 'soak' | 'review' | 'bake';

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
  readonly kind: 'commit' | 'manual' | 'retrain' | 'hotfix';
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
  readonly groups?: readonly ApprovalGroup[];
  /** What an approval must answer; absent where nothing is asked. */
  readonly inputs?: InputQuestions;
  readonly since: number;
  readonly remindAt: number;
  readonly expireAt: number;
  readonly reminders: number;
  /** What is still missing, in words. */
  readonly stands?: string;
  /** Who counts as an author here, as the evidence names them; absent in waits that began before it was told. */
  readonly authorship?: Authorship;
  /** What changed since it was asked first: what was decided before that is void. */
  readonly changed?: { readonly at: number; readonly changes: readonly string[] };
  /** Steps of the ladder; absent in waits that began before there was one. */
  readonly ladder?: readonly ShownStep[];
  /** How far the wait has come on it. */
  readonly climbed?: Climbed;
  /** Roles that may decide, too, because nobody did; absent where none was called. */
  readonly escalatedTo?: readonly string[];
  /** Those who decide and could not be told that they are asked; absent in waits that began before this was kept. */
  readonly unreachable?: readonly Unreachable[];
}

/** Somebody whom no notification reaches, and why. */
export interface Unreachable {
  readonly to: string;
  readonly reason: string;
}

/** A hotfix that is in, and is looked at afterwards. */
export interface ReviewView {
  readonly environment: string;
  /** When the review must be met, epoch milliseconds. */
  readonly until: number;
  /** What comes back where it is not; absent: nothing ran before. */
  readonly replaced?: Version;
}

/** Labels did not decide on a provisional version: its owners are asked. */
export interface BakeAskedView {
  readonly environment: string;
  readonly owners: readonly string[];
  readonly since: number;
  /** It stays provisional then, where nobody has answered. */
  readonly until: number;
  /** What labels came to. */
  readonly reason: string;
  readonly reminders: number;
}

export interface HeldView {
  readonly environment: string;
  readonly since: number;
  readonly holds: readonly HoldNotice[];
}

/** What an environment was asked for: the word to go on, to be let in, to be let go, or to have what ran before back. */
export type AskedFor = 'turn' | 'entry' | 'withdrawal' | 'return';

/** The word of an environment that it waits for. */
export interface AwaitedView {
  readonly environment: string;
  readonly askedFor: AskedFor;
  readonly since: number;
  /** It ends then, where there is no word. */
  readonly until: number;
  /** Of a turn: the release right before it in line. */
  readonly after?: string;
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
  /** Whose word it waits for. */
  readonly awaited?: AwaitedView;
  /** What keeps it out of an environment now. */
  readonly held?: HeldView;
  /** What owners are asked about it. */
  readonly bakeAsked?: BakeAskedView;
  /** Of a hotfix that was deployed. */
  readonly review?: ReviewView;
  /** Freezes that somebody let it pass, for ever. */
  readonly overrides?: readonly OverrideNotice[];
  /** What two people let it pass together, for ever. */
  readonly breakGlass?: readonly BreakGlassNotice[];
  /** What came of the last look whether they do. */
  readonly glassLook?: GlassLook;
  /** The comment that the workflow heard of last; whoever wants the words looks in the store. */
  readonly lastComment?: string;
  /** Messages that are not listed: refused ones beyond some, and what counted once and was taken back or void long ago. */
  readonly unlistedDecisions?: number;
}

/** Why a decision that counted stopped counting: code of the error table, and what changed in words. */
export interface LapsedDecision {
  readonly at: number;
  readonly code: string;
  readonly reason: string;
}

/** Every decision that arrived, also those that did not count. */
export interface DecisionRecord {
  readonly at: number;
  readonly jti: string;
  readonly subject: string;
  readonly decision: string;
  readonly reason: string;
  readonly counted: boolean;
  /** What an approval that counted answered. */
  readonly inputs?: InputValues;
  /** Whose identity it is, where that has another name. */
  readonly person?: string;
  /** The identity whose place it was given in. */
  readonly inPlaceOf?: string;
  /** The person behind who signed it, where it was given in the place of another one. */
  readonly signedBy?: string;
  /** Of a delegation: who takes the place. */
  readonly to?: string;
  /** Roles that let the person decide, as they were when it was judged. */
  readonly roles?: readonly string[];
  /** It counted, and does not any more. */
  readonly lapsed?: LapsedDecision;
  /** It counted, and a later word of the same person took its place. */
  readonly takenBack?: true;
  /** Code of the error table when it did not count. */
  readonly refusal?: string;
  /** What the refusal says in words. */
  readonly refusalReason?: string;
}
