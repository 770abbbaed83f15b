import { CancellationScope, condition, isCancellation, log, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.js';
import type { PreparedApproval } from '../../activities/prepareApproval.js';
import { nextReminder } from '../../src/domain/approval/nextReminder.js';
import { tallyDecisions } from '../../src/domain/approval/tallyDecisions.js';
import type { ApprovalSubject } from '../../src/domain/approval/types.js';
import type { ReleasePlan } from '../../src/domain/release/plan.js';
import type { DecisionRecord, WaitingView } from '../../src/domain/release/types.js';
import type { ApprovalSpec, EnvironmentSpec } from '../../src/domain/spec/types.js';
import { decideSignal, environmentId } from '../messages.js';
import { control, delivery } from '../retry.js';
import { ReleaseEnd, type ArrivedDecision, type Story } from './story.js';

type Notification = Parameters<Activities['notify']>[0];
type Required = Extract<ApprovalSpec, { kind: 'required' }>;

const { prepareApproval, verifyDecision } = proxyActivities<Activities>(control);
const { notify } = proxyActivities<Activities>(delivery);

/** Waits, for as long as the policy says, until enough people approved, one rejected, or the wait expired. */
export const awaitApproval = async (story: Story, environment: EnvironmentSpec, plan: ReleasePlan): Promise<void> => {
  const policy = environment.approval;
  if (policy.kind !== 'required') return;
  await story.stage('approve', environment.name, async () => {
    const since = Date.now();
    const prepare = (): Promise<PreparedApproval> =>
      prepareApproval.executeWithOptions({ summary: `evidence for ${environment.name}` }, [
        {
          view: story.view(),
          environment,
          environmentWorkflowId: environmentId(story.model, environment.name),
          specDigest: plan.specDigest,
          expireAt: since + policy.expireAfterMs,
        },
      ]);
    const telling = new CancellationScope();
    let unreachable: WaitingView['unreachable'];
    const show = async (): Promise<ApprovalSubject> => {
      const prepared = await prepare();
      beside(telling, () => deliver(prepared.untold));
      unreachable = prepared.unreachable;
      return prepared.subject;
    };
    let subject = await show();
    let judged: readonly DecisionRecord[] = [];
    let reminders = 0;
    for (;;) {
      const next = nextReminder(policy, since, reminders, Date.now());
      story.wait({
        ...waitingView(environment.name, policy, subject, since, reminders),
        ...(unreachable === undefined ? {} : { unreachable }),
      });
      await condition(() => story.decisions.length > 0, Math.max(1, next.at - Date.now()), {
        summary:
          next.kind === 'remind'
            ? `reminder ${next.number} to ${policy.roles.join(', ')}`
            : `approval for ${environment.name} expires`,
      });
      const arrived = story.decisions.shift();
      if (arrived !== undefined) {
        let record: DecisionRecord | undefined;
        try {
          const judgement = await judge(story, policy, subject, arrived, judged);
          ({ record } = judgement);
          story.record(record);
          judged = [...judged, record];
          if (judgement.evidenceChanged) {
            // Decisions on evidence that has changed since are void.
            judged = [];
            subject = await show();
          }
        } catch (error) {
          cutOff(story, arrived, record);
          throw error;
        }
        const tally = tallyDecisions(policy, judged);
        arrived.done = { record, state: tally.kind };
        if (tally.kind === 'waiting') continue;
        telling.cancel();
        if (tally.kind === 'approved') return finished(story, tally.reason);
        throw new ReleaseEnd('rejected', tally.reason);
      } else if (Date.now() >= next.at) {
        if (next.kind === 'expire') {
          telling.cancel();
          throw new ReleaseEnd('expired', `nobody decided on ${environment.name} in time`);
        }
        reminders = next.number;
        const due = policy.roles.map((role) => reminder(story, environment.name, role, next.number));
        beside(telling, () => deliver(due));
      }
    }
  });
};

/** A receiver that is slow or gone must not hold up those who can decide: nobody waits for `work`. */
const beside = (scope: CancellationScope, work: () => Promise<void>): void => {
  scope.run(work).catch(() => undefined);
};

const finished = (story: Story, reason: string) => {
  // Releases from before this left them without an answer until their end.
  if (story.decisions.length > 0 && patched('late-decisions-refused')) story.refuseRest();
  story.wait(undefined);
  return { verdict: 'pass' as const, reason, result: undefined };
};

/** The release ends while a decision is judged: whoever gave it waits for an answer, and the end for its handler. */
const cutOff = (story: Story, arrived: ArrivedDecision, judged: DecisionRecord | undefined): void => {
  // Releases from before this left it without one, and never ended.
  if (!patched('cut-off-decisions-answered')) return;
  if (judged === undefined) story.refuse(arrived, 'not_waiting');
  else arrived.done = { record: judged, state: 'waiting' };
};

const judge = (
  story: Story,
  policy: Required,
  subject: ApprovalSubject,
  arrived: ArrivedDecision,
  earlier: readonly DecisionRecord[],
) =>
  verifyDecision.executeWithOptions({ summary: 'judge a decision' }, [
    {
      statement: arrived.statement,
      signal: decideSignal.name,
      arrivedAt: arrived.at,
      subject,
      roles: policy.roles,
      authorship: story.view().authorship ?? { authors: [], unknown: ['nobody is known'], trigger: '' },
      earlier,
      environmentWorkflowId: environmentId(story.model, subject.env),
    },
  ]);

const deliver = async (notifications: readonly Notification[]): Promise<void> => {
  for (const notification of notifications) {
    try {
      await notify.executeWithOptions({ summary: `tell ${notification.to}: ${notification.kind}` }, [notification]);
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('a notification was not delivered', { id: notification.id, to: notification.to });
    }
  }
};

const reminder = (story: Story, environment: string, role: string, count: number): Notification => ({
  id: `${story.releaseId}/approve.${environment}/reminder/${count}/${role}`,
  kind: 'approval_reminder',
  to: role,
  subject: `${story.model} still waits for approval to enter ${environment}`,
  body: `Reminder ${count}. Run: slipway approve ${story.releaseId}`,
  data: { releaseId: story.releaseId, environment, reminder: count },
});

const waitingView = (
  environment: string,
  policy: Required,
  subject: ApprovalSubject,
  since: number,
  reminders: number,
): WaitingView => ({
  environment,
  subject,
  roles: policy.roles,
  quorum: policy.quorum,
  since,
  remindAt: since + (reminders + 1) * policy.remindAfterMs,
  expireAt: since + policy.expireAfterMs,
  reminders,
});
