import { standingOf } from '../identity/mayDecide.js';
import { personsOf } from '../identity/person.js';
import type { DecisionRecord } from '../release/types.js';
import { authorityOf, refuse, type ApprovalAnswer, type AuthorityQuestion } from './authorityOf.js';
import { inPlaceOf, type GivenPlace } from './standIns.js';
import { personBehind } from './tallyDecisions.js';
import type { DecisionStatement } from './types.js';

type Said = Pick<DecisionRecord, 'counted' | 'lapsed' | 'inPlaceOf' | 'subject' | 'person' | 'decision' | 'to'>;

/**
 * Places that people handed to somebody for this release: theirs whose last own word did so. What was decided in that
 * place since takes nothing back; their own next word does, also where it lapsed since.
 */
export const placesHandedOver = (decisions: readonly Said[]): readonly GivenPlace[] => {
  const own = decisions.filter((one) => one.counted && one.inPlaceOf === undefined);
  return own.flatMap((one, at) => {
    const isLast = !own.slice(at + 1).some((later) => personBehind(later) === personBehind(one));
    const hands = one.lapsed === undefined && one.decision === 'delegate';
    return isLast && hands && one.to !== undefined ? [{ of: one.subject, to: [one.to] }] : [];
  });
};

/**
 * Why somebody cannot be handed the place of who signed; undefined where they can. It goes once, to a person who has no
 * voice here yet and could approve if they had one.
 */
export const unfitToTake = (
  { sub, decision, to = '' }: Pick<DecisionStatement, 'sub' | 'decision' | 'to'>,
  { inPlaceOf: of, ...question }: AuthorityQuestion & { readonly inPlaceOf?: string },
): ApprovalAnswer | undefined => {
  if (decision !== 'delegate') return undefined;
  if (of !== undefined) return refuse('place_not_own', `${sub} decides in the place of ${of}, and cannot hand that on`);
  if (to === '') return refuse('delegate_unfit', 'nobody is named who takes the place');
  const { identities, policyRoles, subject } = question;
  const place = { model: subject.model, environment: subject.env };
  const person = personsOf(identities);
  const giver = identities.find(({ name }) => name === sub);
  const taken = { ...question, identities: inPlaceOf(identities, to, giver, place) };
  // First whether they could: an author who has a role does not decide here anyway.
  const answer = authorityOf(to, 'approve', taken);
  if (!answer.ok) return refuse('delegate_unfit', answer.reason);
  const voice = identities.find((one) => person(one.name) === person(to) && standingOf(one, policyRoles, place).ok);
  if (voice === undefined) return undefined;
  const as = voice.name === to ? '' : `, as ${voice.name}`;
  return refuse('delegate_unfit', `${to} decides here anyway${as}, and has one voice`);
};
