import type { Activities } from '../../activities/index.js';
import { gateOf, type Asking } from '../../src/domain/approval/asking.js';
import type { LadderStep } from '../../src/domain/approval/ladder.js';
import type { Story } from './story.js';

export type Notification = Parameters<Activities['notify']>[0];

/** Who hears of a step of the ladder, and what. Their links and words never decide anything. */
export const stepNotices = (
  story: Story,
  asking: Asking,
  environment: string,
  step: LadderStep,
): readonly Notification[] => {
  const { releaseId, model } = story;
  const data = { releaseId, environment };
  const what = asking === 'review' ? `the review of its hotfix in ${environment}` : `approval to enter ${environment}`;
  const id = (which: string): string => `${releaseId}/${gateOf(asking, environment)}/${which}`;
  switch (step.kind) {
    case 'remind':
      return step.to.map((to) => ({
        id: id(`reminder/${step.number}/${to}`),
        kind: 'approval_reminder',
        to,
        subject: `${model} still waits for ${what}`,
        body: `Reminder ${step.number}. Run: slipway approve ${releaseId}`,
        data: { ...data, reminder: step.number },
      }));
    case 'delegate':
      return [...step.to, step.of].map((to) => ({
        id: id(`delegated/${step.of}/${to}`),
        kind: 'approval_delegated',
        to,
        subject: `${model} waits for ${what}, and ${step.of} has not answered`,
        body: `${step.to.join(', ')} may now decide in place of ${step.of}. Run: slipway approve ${releaseId}`,
        data: { ...data, of: step.of, deputies: step.to },
      }));
    case 'escalate':
      return step.to.map((to) => ({
        id: id(`escalated/${to}`),
        kind: 'approval_escalated',
        to,
        subject:
          asking === 'review'
            ? `nobody has reviewed the hotfix of ${model} in ${environment}`
            : `nobody has decided whether ${model} may enter ${environment}`,
        body: `Look who is asked, and why nobody answers: slipway release show ${releaseId}`,
        data,
      }));
  }
};
