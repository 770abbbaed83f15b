import { personsOf } from '../identity/person.js';
import type { DecisionRecord } from '../release/types.js';
import { authorityOf, refuse, type ApprovalAnswer, type AuthorityQuestion } from './authorityOf.js';
import { inputsFault, type InputQuestions } from './inputs.js';
import { isDecision, missingReason, staysInPlace } from './decisionKinds.js';
import { unfitToTake } from './handedOver.js';
import { judgedTooLate } from './judgedTooLate.js';
import type { ErrorCode } from '../errors/table.js';
import { standingDecisions } from './tallyDecisions.js';
import type { ApprovalSubject, DecisionStatement } from './types.js';

export interface ApprovalQuestion extends AuthorityQuestion {
  /** Claims of a statement whose signature was verified. */
  readonly claims: DecisionStatement;
  /** What the release waits with. */
  readonly subject: ApprovalSubject;
  /** Name of this installation. */
  readonly audience: string;
  /** What the environment asks besides yes. */
  readonly questions?: InputQuestions;
  /** The person whose place the decision is given in; absent: their own. */
  readonly inPlaceOf?: string;
  /** Decisions on the same subject that arrived before, in order. */
  readonly earlier: readonly DecisionRecord[];
  /** When the statement was delivered, epoch milliseconds. */
  readonly now: number;
  /** When it is judged, where that is later. */
  readonly judgedAt?: number;
  /** When the wait for people ends, epoch milliseconds: its timer may fire later. */
  readonly waitsUntil?: number;
  /** Statements older than this do not count, milliseconds. */
  readonly maxAgeMs?: number;
}

const CLOCK_SKEW_MS = 60_000;

/**
 * May this decision count? Checks in this order: the statement is for exactly this subject and installation, it is
 * fresh, it was not used, its reason, its answers, the person's authority now, and theirs who take a place.
 */
export const canApprove = (question: ApprovalQuestion): ApprovalAnswer =>
  mismatch(question) ??
  stale(question) ??
  repeated(question) ??
  unreasoned(question) ??
  unanswered(question) ??
  authorised(question);

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

/** Names of what is not the same in both; empty where they are one. */
export const subjectDifferences = (
  one: Partial<ApprovalSubject>,
  other: Partial<ApprovalSubject>,
): readonly (keyof ApprovalSubject)[] => BOUND.filter((claim) => one[claim] !== other[claim]);

/** Why a decision is not one on exactly this subject; undefined where it is. */
export const subjectMismatch = (
  claims: DecisionStatement,
  subject: ApprovalSubject,
  audience: string,
): string | undefined => {
  if (claims.iss !== 'slipway' || claims.aud !== audience)
    return `the decision was made for ${claims.aud}, this is ${audience}`;
  const different = subjectDifferences(claims, subject);
  if (different.length > 0) {
    const changes = different.map((claim) => `${claim} is ${subject[claim]}, decided was on ${claims[claim]}`);
    return changes.join('; ');
  }
  if (!isDecision(claims.decision)) return `${String(claims.decision)} is no decision`;
  return undefined;
};

const stale = ({
  claims,
  now,
  judgedAt = now,
  maxAgeMs,
  waitsUntil = Infinity,
}: ApprovalQuestion): ApprovalAnswer | undefined => {
  const age = now - claims.iat * 1000;
  // Written so that a claim that is no number is stale.
  if (!(now < claims.exp * 1000)) return refuse('statement_expired', 'the decision was delivered after its deadline');
  if (judgedTooLate(claims, judgedAt))
    return refuse('statement_expired', 'the decision was delivered in time, and nobody could judge it for a week');
  if (!(now < waitsUntil)) return refuse('approval_expired', 'the wait for people had ended when it was delivered');
  if (!(age >= -CLOCK_SKEW_MS)) return refuse('statement_expired', 'the decision claims to be made in the future');
  if (maxAgeMs !== undefined && age > maxAgeMs) {
    return refuse('statement_expired', `the decision is older than ${Math.round(maxAgeMs / 1000)} s`);
  }
  return undefined;
};

const repeated = ({ claims, earlier, identities, inPlaceOf }: ApprovalQuestion): ApprovalAnswer | undefined => {
  const counted = earlier.filter((record) => record.counted);
  if (counted.some((record) => record.jti === claims.jti))
    return refuse('statement_used', 'this decision was counted before');
  // Who decided may decide otherwise: the last word of a person is the one that stands.
  const person = personsOf(identities);
  const theirs = [claims.sub, ...(inPlaceOf === undefined ? [] : [inPlaceOf])].map(person);
  const before = standingDecisions(earlier).findLast((record) =>
    [record.subject, record.person ?? record.subject].some((name) => theirs.includes(person(name))),
  );
  // What a stand-in said is not theirs: by saying it themselves they take their place back.
  const takesBack = inPlaceOf === undefined && before?.inPlaceOf !== undefined && before.subject !== claims.sub;
  if (before?.decision === claims.decision && before.to === claims.to && !takesBack) {
    const as = before.subject === claims.sub ? '' : `, as ${before.subject}`;
    return refuse('already_decided', `${claims.sub} decided so before${as}`);
  }
  // Who stands in takes back what they said in that place, not that it is theirs.
  const nothing = before === undefined || (inPlaceOf !== undefined && before.decision === 'delegate');
  return nothing && claims.decision === 'withdraw'
    ? refuse('nothing_to_withdraw', `no decision of ${claims.sub} stands`)
    : undefined;
};

const authorised = (question: ApprovalQuestion): ApprovalAnswer => {
  const answer = authorityOf(question.claims.sub, question.claims.decision, question);
  if (answer.ok) return unfitToTake(question.claims, question) ?? answer;
  return takesBackObjection(question, answer.code) ? { ok: true, roles: [] } : answer;
};

/** What somebody objected to in a place that they have lost since stays: they can still take it back. */
const takesBackObjection = ({ claims, earlier, identities }: ApprovalQuestion, refused: ErrorCode): boolean =>
  claims.decision === 'withdraw' &&
  refused === 'forbidden' &&
  identities.some(({ name }) => name === claims.sub) &&
  standingDecisions(earlier).some(
    ({ subject, decision, inPlaceOf }) => subject === claims.sub && staysInPlace(decision, inPlaceOf),
  );

const unreasoned = ({ claims }: ApprovalQuestion): ApprovalAnswer | undefined => {
  const missing = missingReason(claims.decision, claims.reason);
  return missing === undefined ? undefined : refuse('reason_required', missing);
};

const unanswered = ({ claims, questions }: ApprovalQuestion): ApprovalAnswer | undefined => {
  const fault = inputsFault(claims.decision, questions, claims.inputs);
  return fault === undefined ? undefined : refuse('inputs_invalid', fault);
};
