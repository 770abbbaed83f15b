import type { ErrorCode } from '../errors/table.js';
import { authorFault } from '../identity/authorFault.js';
import { mayDecide } from '../identity/mayDecide.js';
import type { Holder } from '../identity/types.js';
import type { Authorship } from '../release/types.js';
import { DECISION_KINDS, type Decision } from './decisionKinds.js';
import type { ApprovalSubject } from './types.js';

export interface AuthorityQuestion {
  readonly subject: Pick<ApprovalSubject, 'model' | 'env'>;
  /** Who exists, with the roles of now: roles in the claims are what was true when the statement was made. */
  readonly identities: readonly Holder[];
  /** Any one of these roles suffices. */
  readonly policyRoles: readonly string[];
  readonly authorship: Authorship;
}

export type ApprovalAnswer =
  /** With the roles of the person that let it count. */
  | { readonly ok: true; readonly roles: readonly string[] }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string };

/**
 * May this identity say so now? Who wrote, triggered or resumed a release may reject but never approve it, also as
 * another identity of the same person, and a commit of an unknown author cannot be approved by anybody.
 */
export const authorityOf = (
  name: string,
  decision: Decision,
  { subject, identities, policyRoles, authorship }: AuthorityQuestion,
): ApprovalAnswer => {
  const standing = mayDecide(identities, name, policyRoles, { model: subject.model, environment: subject.env });
  if (!standing.ok || DECISION_KINDS[decision].byAuthors) return standing;
  const fault = authorFault(name, authorship, identities);
  return fault === undefined ? standing : refuse(fault.code, fault.reason);
};

export const refuse = (code: ErrorCode, reason: string): Extract<ApprovalAnswer, { ok: false }> => ({
  ok: false,
  code,
  reason,
});
