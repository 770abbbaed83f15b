/** What people are asked to decide on: put together when the wait begins, and again when it may have changed. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { PreparedApproval } from '../../activities/prepareApproval.js';
import { standingDecisions } from '../../src/domain/approval/tallyDecisions.js';
import type { ApprovalSubject } from '../../src/domain/approval/types.js';
import { environmentId } from '../messages.js';
import { control } from '../retry.js';
import { voided } from './decisionNotices.js';
import type { Story } from './story.js';
import { lapse, type Wait } from './wait.js';

const { prepareApproval } = proxyActivities<Activities>(control);

/** Asks for the first time. */
export const ask = async (story: Story, wait: Omit<Wait, 'progress'>): Promise<Wait> => {
  const { subject, unreachable, authorship } = await prepare(story, wait);
  const progress = {
    subject,
    // Histories from before these were told do not say.
    ...(unreachable === undefined ? {} : { unreachable }),
    ...(authorship === undefined ? {} : { authorship }),
    judged: [],
  };
  return { ...wait, progress };
};

/** Where what was decided on does not hold any more, what was decided is void, and people are asked again. */
export const lookAgain = async (story: Story, wait: Wait): Promise<void> => {
  const shown = wait.progress.subject;
  const { subject, unreachable, authorship, changes } = await prepare(story, wait, shown);
  if (changes?.length === 0) return;
  // Histories from before this was told looked only where something had changed.
  const reasons = changes ?? ['the evidence is another'];
  const standing = standingDecisions(wait.progress.judged);
  if (changes !== undefined) wait.timing.tell(standing.map((one) => voided(story, shown, one, reasons)));
  const jtis = standing.map(({ jti }) => jti);
  lapse(story, wait, jtis, 'evidence_changed', reasons.join('; '));
  wait.progress = {
    subject,
    ...(unreachable === undefined ? {} : { unreachable }),
    ...(authorship === undefined ? {} : { authorship }),
    judged: [],
    changed: { at: Date.now(), changes: reasons },
  };
};

/** Puts together what is decided on, and tells those who can decide. */
const prepare = async (
  story: Story,
  { asking, environment, plan, timing }: Omit<Wait, 'progress'>,
  shown?: ApprovalSubject,
): Promise<Partial<PreparedApproval> & Pick<PreparedApproval, 'subject'>> => {
  const prepared = await prepareApproval.executeWithOptions({ summary: `evidence for ${environment.name}` }, [
    {
      view: story.view(),
      environment,
      environmentWorkflowId: environmentId(story.model, environment.name),
      specDigest: plan.specDigest,
      expireAt: timing.view().expireAt,
      ...(asking === 'approve' ? {} : { asking }),
      ...(shown === undefined ? {} : { shown }),
    },
  ]);
  timing.tell(prepared.untold);
  // Histories from before there was a ladder have none, and go on by reminders.
  timing.follow(prepared.ladder);
  return prepared;
};
