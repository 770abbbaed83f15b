import { handsOf } from '../identity/authorFault.js';
import type { Holder, Place } from '../identity/types.js';
import type { Authorship } from '../release/types.js';
import { authorityOf, type ApprovalAnswer, type AuthorityQuestion } from './authorityOf.js';
import { placesHandedOver } from './handedOver.js';
import { inPlaceOf, placesOfSilent, standsFor } from './standIns.js';
import type { ApprovalSubject } from './types.js';

interface Person extends Holder {
  readonly deputies?: readonly string[];
}

export interface VoicesQuestion<P extends Person> {
  readonly subject: Pick<ApprovalSubject, 'model' | 'env'>;
  /** Everybody who exists, with the roles of now. */
  readonly identities: readonly P[];
  /** Roles that always decide here. */
  readonly roles: readonly string[];
  /** Roles that may decide because nobody did. */
  readonly escalatedTo?: readonly string[];
  /** People who were silent for so long that their deputies may decide. */
  readonly silent?: readonly string[];
  /** What was decided on the same subject. */
  readonly earlier: Parameters<typeof placesHandedOver>[0];
  readonly authorship: Authorship;
}

export interface Voices<P extends Person> {
  /** In whose place somebody decides; undefined: in their own, or in nobody's. */
  absentFor(name: string): P | undefined;
  /** With what these people are asked for their authority: who stands in has the roles of that place. */
  authority(names: readonly string[]): AuthorityQuestion & { readonly identities: readonly P[] };
  /** What an approval of somebody would be told now, as far as it goes by who they are. */
  mayApprove(name: string): ApprovalAnswer;
}

/**
 * Who has a voice on a release that waits: by a role, by one that was called, or in the place of somebody. The one answer
 * for who is judged and for who is shown what waits for them.
 */
export const voicesOn = <P extends Person>(question: VoicesQuestion<P>): Voices<P> => {
  const { subject, identities, roles, escalatedTo = [], silent = [], earlier, authorship } = question;
  const place: Place = { model: subject.model, environment: subject.env };
  const places = {
    ...{ identities, roles, place },
    given: [...placesHandedOver(earlier), ...placesOfSilent(identities, silent)],
    excluded: handsOf(authorship),
  };
  const absentFor = (name: string): P | undefined => standsFor(places, name);
  const authority: Voices<P>['authority'] = (names) => ({
    subject,
    identities: names.reduce((all, name) => inPlaceOf(all, name, absentFor(name), place), identities),
    policyRoles: [...roles, ...escalatedTo],
    authorship,
  });
  return { absentFor, authority, mayApprove: (name) => authorityOf(name, 'approve', authority([name])) };
};
