import type { ApprovalProgress } from '../../src/domain/approval/progress.js';
import type { OverrideNotice } from '../../src/domain/hold/types.js';
import type {
  AwaitedView,
  BakeAskedView,
  ReleaseOutcome,
  ReleaseView,
  ReviewView,
} from '../../src/domain/release/types.js';
import type { CarriedRelease, ReleaseInput } from '../messages.js';
import type { Answers } from './answers.js';
import type { BrokenGlass } from './breakGlass.js';
import type { DecisionDesk } from './decisionDesk.js';
import type { PeopleAwaited } from './peopleAwaited.js';
import type { Stages } from './stages.js';
import type { Supersession } from './supersession.js';
import type { Turn } from './turn.js';

/** What the parts of a release's workflow share: its view, and what arrived for it. */
export interface Story
  extends
    Stages,
    Omit<Supersession, 'returnBehindIt'>,
    Omit<PeopleAwaited, 'looks'>,
    Omit<DecisionDesk, 'carry'>,
    Omit<Answers, 'arrive'> {
  readonly releaseId: string;
  readonly input: ReleaseInput;
  readonly model: string;
  view(): ReleaseView;
  /** Shows whose word it waits for; absent: nobody's. */
  awaits(awaited: AwaitedView | undefined): void;
  /** Shows what its owners are asked; absent: nothing. */
  asksOwners(asked: BakeAskedView | undefined): void;
  /** What the next run goes on with. */
  carry(wait?: ApprovalProgress): CarriedRelease;
  /** What two people let it pass. */
  readonly glass: BrokenGlass;
  /** What the last environment said of its turn. */
  readonly turn: Turn;
  /** It is in as a hotfix, and is looked at afterwards. */
  underReview(review: ReviewView): void;
  /** It has all traffic, and is neither confirmed nor refuted. */
  provisional(reason: string): void;
  /** Nothing holds it back any more; a newer commit may take its place until it has asked again. */
  thaw(overridden: readonly OverrideNotice[]): void;
  end(outcome: ReleaseOutcome, reason: string): void;
}
