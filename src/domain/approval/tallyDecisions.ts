import type { DecisionRecord } from '../release/types.js';

export interface ApprovalTally {
  readonly kind: 'waiting' | 'approved' | 'rejected';
  /** People whose decisions made it so, in order of arrival. */
  readonly by: readonly string[];
  readonly reason: string;
}

/**
 * Where an approval stands. One counted rejection rejects; `quorum` different people approve. Records that did not
 * count change nothing. A quorum below one is read as one: no policy approves by nobody.
 */
export const tallyDecisions = (
  policy: { readonly quorum: number },
  decisions: readonly DecisionRecord[],
): ApprovalTally => {
  const counted = decisions.filter((record) => record.counted);
  const rejection = counted.find((record) => record.decision === 'reject');
  if (rejection !== undefined) {
    return { kind: 'rejected', by: [rejection.subject], reason: `${rejection.subject} rejected: ${rejection.reason}` };
  }
  const by = [...new Set(counted.filter((record) => record.decision === 'approve').map((record) => record.subject))];
  // Written so that a quorum that is no number never approves.
  const quorum = policy.quorum >= 1 ? policy.quorum : 1;
  return by.length >= quorum
    ? { kind: 'approved', by, reason: `approved by ${by.join(', ')}` }
    : { kind: 'waiting', by, reason: `${by.length} of ${quorum} approvals` };
};
