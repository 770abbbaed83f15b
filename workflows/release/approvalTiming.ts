import { CancellationScope, isCancellation, log, patched, proxyActivities } from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import type { Activities } from '../../activities/index.js';
import type { Asking } from '../../src/domain/approval/asking.js';
import { decidingRoles } from '../../src/domain/approval/approvalRule.js';
import {
  nextLadderStep,
  NOT_CLIMBED,
  showLadder,
  type Climbed,
  type LadderStep,
} from '../../src/domain/approval/ladder.js';
import { nextReminder } from '../../src/domain/approval/nextReminder.js';
import type { TimingProgress } from '../../src/domain/approval/progress.js';
import { sayStep } from '../../src/domain/approval/sayStep.js';
import type { WaitingView } from '../../src/domain/release/types.js';
import type { RequiredApproval } from '../../src/domain/spec/types.js';
import { delivery } from '../retry.js';
import type { Story } from './story.js';
import { stepNotices, type Notification } from './stepNotices.js';

const { notify } = proxyActivities<Activities>(delivery);
/** The role that runs the installation. */
const OPERATORS = 'operator';

/** What a wait for people does by itself while nobody decides: its next step and when, and what it tells whom. */
export interface ApprovalTiming {
  /** Goes by these steps from now on, from where it has come to; waits that were planned without any go on by reminders. */
  follow(steps: readonly LadderStep[] | undefined): void;
  /** When the next step is due, and what its timer is called. */
  next(): { readonly at: number; readonly summary: string };
  /** Does what is due; `expired` ends the wait. */
  take(): 'waits' | 'expired';
  /** How far it has come, which is who may decide besides those who always may. */
  climbed(): Climbed;
  /** What the release shows of it. */
  view(): Pick<WaitingView, 'since' | 'remindAt' | 'expireAt' | 'reminders' | 'ladder' | 'climbed'>;
  /** Tells people beside the wait: a receiver that is slow or gone must not hold up those who can decide. */
  tell(notifications: readonly Notification[]): void;
  /** Is nothing on its way to anybody? */
  hasTold(): boolean;
  /** What the next run of the workflow goes on with. */
  progress(): TimingProgress;
  /** The wait is over: nobody has to be told any more. */
  stop(): void;
}

export const openTiming = (
  story: Story,
  asking: Asking,
  environment: string,
  policy: RequiredApproval,
  carried?: TimingProgress,
): ApprovalTiming => {
  const since = carried?.since ?? Date.now();
  const expireAt = since + policy.expireAfterMs;
  const telling = new CancellationScope();
  let underWay = 0;
  let climbed = carried?.climbed ?? NOT_CLIMBED;
  let steps = carried?.steps;
  let reminder = nextReminder(policy, since, climbed.reminders, since);
  const tell: ApprovalTiming['tell'] = (notifications) => {
    underWay += notifications.length;
    telling
      .run(() => deliver(story, notifications))
      .catch(() => undefined)
      .finally(() => (underWay -= notifications.length));
  };
  const reach = (taken: readonly LadderStep[], to: Climbed): 'waits' => {
    climbed = to;
    tell(taken.flatMap((step) => stepNotices(story, asking, environment, step)));
    return 'waits';
  };
  /** Waits from before there was a ladder have reminders alone, and take the one that they waited for. */
  const nextOfOld = () => {
    reminder = nextReminder(policy, since, climbed.reminders, Date.now());
    return { at: reminder.at, summary: reminder.kind };
  };
  const takeOfOld = () => {
    if (reminder.kind === 'expire') return 'expired';
    const { at, number } = reminder;
    return reach([{ kind: 'remind', at, number, to: decidingRoles(policy) }], { ...climbed, reminders: number });
  };
  return {
    follow: (planned) => void (steps = planned),
    next: () => {
      if (steps === undefined) return nextOfOld();
      const next = nextLadderStep({ steps, expireAt }, climbed, Date.now());
      if (next.kind !== 'wait') return { at: Date.now(), summary: `what is due for ${environment}` };
      const { at, step } = next;
      return {
        at,
        summary:
          step === undefined
            ? `${asking === 'review' ? 'review' : 'approval'} for ${environment} expires`
            : sayStep(step),
      };
    },
    take: () => {
      if (steps === undefined) return takeOfOld();
      const next = nextLadderStep({ steps, expireAt }, climbed, Date.now());
      if (next.kind === 'expire') return 'expired';
      return next.kind === 'wait' ? 'waits' : reach(next.steps, next.climbed);
    },
    climbed: () => climbed,
    view: () => {
      const { reminders } = climbed;
      if (steps === undefined)
        return { since, remindAt: since + (reminders + 1) * policy.remindAfterMs, expireAt, reminders };
      const shown = showLadder({ steps, expireAt }, climbed);
      const remindAt = shown.find(({ kind }) => kind === 'remind')?.at ?? expireAt;
      return { since, remindAt, expireAt, reminders, ladder: shown, climbed };
    },
    tell,
    hasTold: () => underWay === 0,
    progress: () => ({ since, climbed, ...(steps === undefined ? {} : { steps }) }),
    stop: () => telling.cancel(),
  };
};

const deliver = async (story: Story, notifications: readonly Notification[]): Promise<void> => {
  for (const notification of notifications) {
    try {
      await notify.executeWithOptions({ summary: `tell ${notification.to}: ${notification.kind}` }, [notification]);
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('a notification was not delivered', { id: notification.id, to: notification.to });
      // Releases from before this told nobody.
      if (patched('undelivered-told')) await tellOperators(story, notification, error);
    }
  }
};

/** Somebody who decides does not know of it: the release says so, and who runs the installation hears, whose turn it is now. */
const tellOperators = async (story: Story, lost: Notification, error: unknown): Promise<void> => {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : 'nobody knows why';
  story.couldNotTell({ to: lost.to, reason });
  const notice: Notification = {
    id: `${lost.id}/undelivered`,
    kind: 'notification_undelivered',
    to: OPERATORS,
    subject: `${lost.to} could not be told: ${lost.subject}`,
    body: `${reason}\n\nTell them, and correct the channel of ${lost.to} in slipway.config.yaml.`,
    ...(lost.url === undefined ? {} : { url: lost.url }),
    data: { ...lost.data, undelivered: lost.id },
  };
  try {
    await notify.executeWithOptions({ summary: `tell ${OPERATORS}: ${lost.to} could not be told` }, [notice]);
  } catch (failure) {
    if (isCancellation(failure)) throw failure;
    log.warn('nobody could be told that a notification was not delivered', { id: lost.id });
  }
};
