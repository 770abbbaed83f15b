import type { DecisionRecord } from '../release/types.js';
import type { ApprovalGroup } from './approvalRule.js';

export interface ApprovalTally {
  readonly kind: 'waiting' | 'approved' | 'rejected';
  /** People whose decisions made it so, in order of arrival. */
  readonly by: readonly string[];
  readonly reason: string;
}

/**
 * Decisions that count now, in order of arrival: of each person the last one, and in each place. Who speaks in another's
 * place takes back what they said before anywhere: one person is one voice. A withdrawal leaves none; nor does a last word that
 * lapsed: what somebody said before it was taken back by it.
 */
export const standingDecisions = (decisions: readonly DecisionRecord[]): readonly DecisionRecord[] => {
  const counted = decisions.filter((record) => record.counted);
  return counted.filter(
    (record, at) =>
      record.decision !== 'withdraw' &&
      record.lapsed === undefined &&
      !counted.slice(at + 1).some((later) => isOfOne(later, record)),
  );
};

export type Voice = Pick<DecisionRecord, 'person' | 'subject' | 'signedBy'>;

/** Were both said by one person, or in one place? Records from before it was told do not say who signed in another's. */
export const isOfOne = (later: Voice, record: Voice): boolean =>
  voicesOf(later).some((voice) => voicesOf(record).includes(voice));

const voicesOf = (record: Voice): readonly string[] => [
  personBehind(record),
  ...(record.signedBy === undefined ? [] : [record.signedBy]),
];

/** Two identities of one person are one. */
export const personBehind = ({ person, subject }: Pick<DecisionRecord, 'person' | 'subject'>): string =>
  person ?? subject;

/**
 * Where an approval stands. One standing rejection rejects; `quorum` different people approve, and of each group as many
 * as it asks for, unless somebody asks for changes. Records that did not count change nothing. A quorum below one is
 * read as one: no policy approves by nobody.
 */
export const tallyDecisions = (
  policy: { readonly quorum: number; readonly groups?: readonly ApprovalGroup[] },
  decisions: readonly DecisionRecord[],
): ApprovalTally => {
  const standing = standingDecisions(decisions);
  const rejection = standing.find((record) => record.decision === 'reject');
  if (rejection !== undefined) {
    return { kind: 'rejected', by: [rejection.subject], reason: `${rejection.subject} rejected: ${rejection.reason}` };
  }
  const approvals = standing.filter((record) => record.decision === 'approve');
  const by = approvals.map((record) => record.subject);
  const changes = standing.find((record) => record.decision === 'request-changes');
  const missing = [
    ...(changes === undefined
      ? []
      : [`${changes.subject} asks for changes: ${changes.reason} (so it waits until they approve or withdraw)`]),
    ...missingOf(approvals, policy),
  ];
  const handed = standing.flatMap(({ decision, subject, to }) =>
    decision === 'delegate' ? [`${to ?? ''} decides in the place of ${subject}`] : [],
  );
  return missing.length === 0
    ? { kind: 'approved', by, reason: `approved by ${by.join(', ')}` }
    : { kind: 'waiting', by, reason: [...missing, ...handed].join('; ') };
};

const missingOf = (
  approvals: readonly DecisionRecord[],
  { quorum, groups = [] }: Parameters<typeof tallyDecisions>[0],
): readonly string[] => {
  // Written so that a quorum that is no number never approves.
  const asked = quorum >= 1 ? quorum : 1;
  return [
    ...(approvals.length >= asked ? [] : [`${approvals.length} of ${asked} approvals`]),
    ...groups.flatMap((group) => {
      const of = approvals.filter(({ roles = [] }) => roles.some((role) => group.roles.includes(role))).length;
      const needed = group.quorum >= 1 ? group.quorum : 1;
      return of >= needed ? [] : [`${of} of ${needed} approvals by ${group.roles.join(', ')}`];
    }),
  ];
};
