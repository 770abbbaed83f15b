import { log } from '@temporalio/activity';
import { askingOf } from '../src/domain/approval/asking.js';
import { decidingRoles } from '../src/domain/approval/approvalRule.js';
import type { ApprovalSubject } from '../src/domain/approval/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { ReleaseView, Unreachable } from '../src/domain/release/types.js';
import type { EnvironmentSpec } from '../src/domain/spec/types.js';
import type { Notification } from '../src/ports/notifier.js';
import { releaseKey } from './documents.js';
import type { Ports } from './ports.js';

/** What came of telling those who can approve. */
export interface Told {
  /** Notifications whose receivers did not answer: to be delivered beside the wait. */
  readonly untold: readonly Notification[];
  /** Who cannot be told at all, and why: nothing is left to try. */
  readonly unreachable: readonly Unreachable[];
}

/** Tells every role that can approve that a release waits for it, and what changed where it waited before. */
export const tellApprovers = async (
  ports: Ports,
  view: ReleaseView,
  environment: EnvironmentSpec,
  subject: ApprovalSubject,
  expireAt: number,
  changes: readonly string[],
): Promise<Told> => {
  const untold: Notification[] = [];
  const unreachable: Unreachable[] = [];
  if (environment.approval.kind !== 'required') return { untold, unreachable };
  for (const role of decidingRoles(environment.approval)) {
    const notification: Notification = {
      id: `${view.releaseId}/${subject.gate}/${subject.evidenceDigest.slice(7, 19)}/requested/${role}`,
      kind: 'approval_requested',
      to: role,
      subject:
        askingOf(subject.gate) === 'review'
          ? `${view.model} ${view.commit.slice(0, 12)} runs in ${environment.name} as a hotfix, and waits for its review`
          : `${view.model} ${view.commit.slice(0, 12)} waits for approval to enter ${environment.name}`,
      body: [
        ...(changes.length === 0 ? [] : ['What was decided before is void, because of what changed:', ...changes, '']),
        `Look at the evidence, then run: slipway approve ${releaseKey(view.releaseId)}`,
      ].join('\n'),
      url: `${ports.settings.apiUrl}/api/v1/releases/${releaseKey(view.releaseId)}/report`,
      data: {
        releaseId: view.releaseId,
        environment: environment.name,
        expireAt,
        evidenceDigest: subject.evidenceDigest,
      },
    };
    const failed = await notTold(ports, notification);
    if (failed?.code === 'notification_refused') unreachable.push({ to: role, reason: failed.message });
    else if (failed !== undefined) untold.push(notification);
  }
  return { untold, unreachable };
};

/** Who has no channel, or one that refuses, still finds what waits in the console. */
const notTold = async (ports: Ports, notification: Notification): Promise<SlipwayError | undefined> => {
  try {
    await ports.notifier.notify(notification);
    return undefined;
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    log.warn('an approver could not be told', { to: notification.to, reason: error.message });
    return error;
  }
};
