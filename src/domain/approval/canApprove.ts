import type { ErrorCode } from '../errors/table.js';
import type { Authorship, DecisionRecord } from '../release/types.js';
import type { ApprovalSubject, DecisionStatement } from './types.js';

interface Identity {
  readonly name: string;
  readonly roles: readonly string[];
}

export interface ApprovalQuestion {
  /** Claims of a statement whose signature was verified. */
  readonly claims: DecisionStatement;
  /** What the release waits with. */
  readonly subject: ApprovalSubject;
  /** Name of this installation. */
  readonly audience: string;
  /** Who exists, with the roles of now: roles in the claims are what was true when the statement was made. */
  readonly identities: readonly Identity[];
  /** Any one of these roles suffices. */
  readonly policyRoles: readonly string[];
  readonly authorship: Authorship;
  /** Decisions on the same subject that arrived before, in order. */
  readonly earlier: readonly DecisionRecord[];
  /** When the statement was delivered, epoch milliseconds. */
  readonly now: number;
  /** Statements older than this do not count, milliseconds. */
  readonly maxAgeMs?: number;
}

export type ApprovalAnswer =
  { readonly ok: true } | { readonly ok: false; readonly code: ErrorCode; readonly reason: string };

const CLOCK_SKEW_MS = 60_000;

/**
 * May this decision count? Checks in this order: the statement is for exactly this subject and installation, it is
 * fresh, it was not used, its reason, and the person's authority now. Who wrote, triggered or resumed a release may reject
 * but never approve it, and a commit of an unknown author cannot be approved by anybody.
 */
export const canApprove = (question: ApprovalQuestion): ApprovalAnswer =>
  mismatch(question) ??
  stale(question) ??
  repeated(question) ??
  unreasoned(question) ??
  unauthorised(question) ?? { ok: true };

const refuse = (code: ErrorCode, reason: string): ApprovalAnswer => ({ ok: false, code, reason });

const BOUND = [
  'workflowId',
  'model',
  'env',
  'gate',
  'epoch',
  'artifactDigest',
  'evidenceDigest',
  'policyDigest',
  'planDigest',
  'inputsDigest',
] as const satisfies readonly (keyof ApprovalSubject)[];

const mismatch = ({ claims, subject, audience }: ApprovalQuestion): ApprovalAnswer | undefined => {
  const reason = subjectMismatch(claims, subject, audience);
  return reason === undefined ? undefined : refuse('statement_mismatch', reason);
};

/** Why a decision is not one on exactly this subject; undefined where it is. */
export const subjectMismatch = (
  claims: DecisionStatement,
  subject: ApprovalSubject,
  audience: string,
): string | undefined => {
  if (claims.iss !== 'slipway' || claims.aud !== audience)
    return `the decision was made for ${claims.aud}, this is ${audience}`;
  const different = BOUND.filter((claim) => claims[claim] !== subject[claim]);
  if (different.length > 0) {
    const changes = different.map((claim) => `${claim} is ${subject[claim]}, decided was on ${claims[claim]}`);
    return changes.join('; ');
  }
  if (claims.decision !== 'approve' && claims.decision !== 'reject') return `${String(claims.decision)} is no decision`;
  return undefined;
};

const stale = ({ claims, now, maxAgeMs }: ApprovalQuestion): ApprovalAnswer | undefined => {
  const age = now - claims.iat * 1000;
  // Written so that a claim that is no number is stale.
  if (!(now < claims.exp * 1000)) return refuse('statement_expired', 'the decision was delivered after its deadline');
  if (!(age >= -CLOCK_SKEW_MS)) return refuse('statement_expired', 'the decision claims to be made in the future');
  if (maxAgeMs !== undefined && age > maxAgeMs) {
    return refuse('statement_expired', `the decision is older than ${Math.round(maxAgeMs / 1000)} s`);
  }
  return undefined;
};

const repeated = ({ claims, earlier }: ApprovalQuestion): ApprovalAnswer | undefined => {
  const counted = earlier.filter((record) => record.counted);
  if (counted.some((record) => record.jti === claims.jti))
    return refuse('statement_used', 'this decision was counted before');
  if (counted.some((record) => record.subject === claims.sub)) {
    return refuse('already_decided', `${claims.sub} decided before`);
  }
  return undefined;
};

const unreasoned = ({ claims }: ApprovalQuestion): ApprovalAnswer | undefined =>
  claims.decision === 'reject' && claims.reason.trim() === ''
    ? refuse('reason_required', 'a rejection must say why')
    : undefined;

const unauthorised = (question: ApprovalQuestion): ApprovalAnswer | undefined => {
  const { claims, identities, policyRoles, authorship } = question;
  const person = identities.find((identity) => identity.name === claims.sub);
  if (person === undefined) return refuse('forbidden', `${claims.sub} is not known here`);
  if (!person.roles.some((role) => policyRoles.includes(role))) {
    return refuse('forbidden', `${claims.sub} has none of the roles ${policyRoles.join(', ')}`);
  }
  if (claims.decision === 'reject') return undefined;
  if (authorship.authors.includes(claims.sub) || authorship.trigger === claims.sub) {
    return refuse('self_approval', `${claims.sub} wrote or triggered this release`);
  }
  if (authorship.resumedBy?.includes(claims.sub) === true) {
    return refuse('self_approval', `${claims.sub} resumed this release`);
  }
  if (authorship.unknown.length > 0 || authorship.authors.length === 0) {
    const who = authorship.unknown.length > 0 ? authorship.unknown.join(', ') : 'nobody';
    return refuse('unknown_author', `the commits were written by ${who}, who is no known identity`);
  }
  return undefined;
};
