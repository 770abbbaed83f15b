import type { Climbed, LadderStep } from './ladder.js';
import type { Authorship, DecisionRecord, WaitingView } from '../release/types.js';
import type { ApprovalSubject } from './types.js';

/** How far a wait for people has come: what is shown, what was said about it, and what time did. JSON-safe. */
export interface ApprovalProgress {
  readonly subject: ApprovalSubject;
  readonly unreachable?: WaitingView['unreachable'];
  /** As the evidence names the authors; absent where it was put together before this was told. */
  readonly authorship?: Authorship;
  readonly changed?: WaitingView['changed'];
  /** What counted on this evidence and is not forgotten since somebody said otherwise, in order. */
  readonly judged: readonly DecisionRecord[];
  readonly timing: TimingProgress;
}

export interface TimingProgress {
  readonly since: number;
  readonly climbed: Climbed;
  /** Of waits that have a ladder. */
  readonly steps?: readonly LadderStep[];
}
