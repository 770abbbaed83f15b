import type { ApprovalRule } from '../../src/domain/approval/approvalRule.js';
import type { Asking } from '../../src/domain/approval/asking.js';
import { lastWords } from '../../src/domain/approval/lastWords.js';
import type { ApprovalProgress } from '../../src/domain/approval/progress.js';
import { tallyDecisions } from '../../src/domain/approval/tallyDecisions.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { WaitingView } from '../../src/domain/release/types.js';
import type { EnvironmentSpec, RequiredApproval } from '../../src/domain/spec/types.js';
import type { ApprovalTiming } from './approvalTiming.js';
import type { Story } from './story.js';

/** One wait for people: who is asked for what, and how far it has come. */
export interface Wait {
  readonly asking: Asking;
  readonly environment: EnvironmentSpec;
  readonly plan: ReleasePlan;
  readonly policy: RequiredApproval;
  readonly timing: ApprovalTiming;
  /** What is decided on, and what was said about it. */
  progress: Omit<ApprovalProgress, 'timing'>;
}

/** What the release shows of it while it goes on. */
export const shownOf = (wait: Wait): WaitingView => {
  const { environment, policy, timing, progress } = wait;
  const { subject, judged, changed, unreachable, authorship } = progress;
  const { escalatedTo } = calledIn(wait);
  return {
    environment: environment.name,
    ...ruleOf(policy),
    ...(escalatedTo === undefined ? {} : { escalatedTo }),
    ...timing.view(),
    subject,
    ...(authorship === undefined ? {} : { authorship }),
    ...(policy.inputs === undefined ? {} : { inputs: policy.inputs }),
    stands: tallyDecisions(policy, judged).reason,
    ...(changed === undefined ? {} : { changed }),
    ...(unreachable === undefined ? {} : { unreachable }),
  };
};

const ruleOf = ({ roles, quorum, groups }: RequiredApproval): ApprovalRule => ({
  roles,
  quorum,
  ...(groups === undefined ? {} : { groups }),
});

/** Who may decide because others did not answer; nothing where nobody was called in. */
export const calledIn = ({
  policy: { escalateDecides, escalateTo },
  timing,
}: Pick<Wait, 'policy' | 'timing'>): {
  readonly silent?: readonly string[];
  readonly escalatedTo?: readonly string[];
} => {
  const { delegated, escalated } = timing.climbed();
  return {
    ...(delegated.length === 0 ? {} : { silent: delegated }),
    ...(escalated && escalateDecides === true && escalateTo !== undefined ? { escalatedTo: escalateTo } : {}),
  };
};

/** Decisions that counted do not any more. */
export const lapse = (
  story: Story,
  wait: Wait,
  jtis: readonly string[],
  code: 'evidence_changed' | 'authority_lapsed',
  reason: string,
): void => {
  const lapsed = { at: Date.now(), code, reason };
  const judged = wait.progress.judged.map((one) => (jtis.includes(one.jti) ? { ...one, lapsed } : one));
  wait.progress = { ...wait.progress, judged };
  story.lapse(jtis, lapsed);
};

/** What somebody took back themselves decides on nothing any more. */
export const forget = (story: Story, wait: Wait): void => {
  const { judged } = wait.progress;
  const last = lastWords(judged);
  const gone = judged.filter((one) => !last.includes(one)).map(({ jti }) => jti);
  wait.progress = { ...wait.progress, judged: last };
  if (gone.length > 0) story.takenBack(gone);
};
