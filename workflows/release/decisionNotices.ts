import { askingOf } from '../../src/domain/approval/asking.js';
import type { LostAuthority } from '../../src/domain/approval/lapsedAuthority.js';
import type { ApprovalSubject } from '../../src/domain/approval/types.js';
import type { DecisionRecord } from '../../src/domain/release/types.js';
import type { Notification } from './stepNotices.js';
import type { Story } from './story.js';

/** Authors hear what is asked of them; everybody else sees it in the release. */
export const changesAsked = (
  story: Story,
  { gate, env: environment }: ApprovalSubject,
  record: DecisionRecord,
): readonly Notification[] => {
  if (!record.counted || record.decision !== 'request-changes') return [];
  return (story.view().authorship?.authors ?? []).map((author) => ({
    id: `${story.releaseId}/${gate}/changes/${record.jti}/${author}`,
    kind: 'changes_requested',
    to: author,
    subject: `${record.subject} asks for changes to ${story.model} ${askingOf(gate) === 'review' ? 'that runs in' : 'before it enters'} ${environment}`,
    body: `${record.reason}\n\nRun: slipway release show ${story.releaseId}`,
    data: { releaseId: story.releaseId, environment, by: record.subject, reason: record.reason },
  }));
};

/** Who takes somebody's place hears that it is theirs, and what to do. */
export const placeTaken = (
  story: Story,
  { gate, env: environment }: ApprovalSubject,
  record: DecisionRecord,
): readonly Notification[] => {
  const { counted, decision, to, subject, reason, jti } = record;
  if (!counted || decision !== 'delegate' || to === undefined) return [];
  return [
    {
      id: `${story.releaseId}/${gate}/handed/${jti}`,
      kind: 'approval_delegated',
      to,
      subject: `${subject} asks you to decide whether ${story.model} may ${askingOf(gate) === 'review' ? 'stay in' : 'enter'} ${environment}`,
      body: `${reason === '' ? '' : `${reason}\n\n`}You decide in the place of ${subject}. Run: slipway approve ${story.releaseId}`,
      data: { releaseId: story.releaseId, environment, of: subject, deputies: [to] },
    },
  ];
};

/** Who had decided hears that it is void; that it is asked anew they hear with the others. */
export const voided = (
  story: Story,
  { gate, env: environment }: ApprovalSubject,
  record: DecisionRecord,
  changes: readonly string[],
): Notification => ({
  id: `${story.releaseId}/${gate}/void/${record.jti}`,
  kind: 'decision_void',
  to: record.subject,
  subject: `your decision on ${story.model} for ${environment} is void, because what it was about has changed`,
  body: [...changes, '', `Look again, then run: slipway approve ${story.releaseId}`].join('\n'),
  data: { releaseId: story.releaseId, environment, jti: record.jti },
});

/** Those who can still decide hear that somebody's decision does not count any more. */
export const authorityLost = (
  story: Story,
  { gate, env: environment }: ApprovalSubject,
  lost: LostAuthority,
  roles: readonly string[],
): readonly Notification[] =>
  roles.map((role) => ({
    id: `${story.releaseId}/${gate}/lapsed/${lost.jti}/${role}`,
    kind: 'authority_lapsed',
    to: role,
    subject: `the decision of ${lost.subject} on ${story.model} for ${environment} does not count any more`,
    body: `${lost.reason}\n\nThe release still waits. Run: slipway approve ${story.releaseId}`,
    data: { releaseId: story.releaseId, environment, jti: lost.jti, subject: lost.subject },
  }));
