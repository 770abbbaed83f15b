import type { DecisionRecord } from '../release/types.js';
import { authorityOf, type AuthorityQuestion } from './authorityOf.js';
import { isDecision, staysInPlace } from './decisionKinds.js';
import { standingDecisions } from './tallyDecisions.js';

/** A decision that counted, by somebody who may not make it any more. */
export interface LostAuthority {
  readonly jti: string;
  readonly subject: string;
  readonly reason: string;
}

/**
 * Whose standing decisions would not count if they were given now: authority is asked again when it is used. An objection
 * in the place of somebody stays, as at the target.
 */
export const lapsedAuthority = (
  decisions: readonly DecisionRecord[],
  question: AuthorityQuestion,
): readonly LostAuthority[] =>
  standingDecisions(decisions).flatMap(({ jti, subject, decision, inPlaceOf }) => {
    if (staysInPlace(decision, inPlaceOf)) return [];
    const answer = isDecision(decision) ? authorityOf(subject, decision, question) : undefined;
    return answer === undefined || answer.ok ? [] : [{ jti, subject, reason: answer.reason }];
  });
