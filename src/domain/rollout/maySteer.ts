import { handsOf } from '../identity/authorFault.js';
import { mayBypass } from '../hold/mayBypass.js';
import { mayDecide, type Standing } from '../identity/mayDecide.js';
import { personsOf } from '../identity/person.js';
import type { Holder } from '../identity/types.js';
import type { Place } from '../hold/types.js';
import type { Authorship } from '../release/types.js';
import type { Steering } from './steering.js';

export interface Steerer {
  readonly word: Steering;
  readonly name: string;
  /** Roles that the word is open to. */
  readonly roles: readonly string[];
  readonly place: Place;
  readonly identities: readonly Holder[];
  /** Who had a hand in the release that comes in; not asked for by words that are safe. */
  readonly authorship?: Authorship;
}

const NOBODY_KNOWN: Authorship = { authors: [], unknown: ['whoever wrote it'], trigger: '' };

/**
 * May somebody say this to a rollout? What is safe (pause, abort) is open to everybody with the role, also to who wrote the
 * release. What lets it go on is said by others: to resume ends a pause, as lifting ends a hold; to promote is to let it past
 * a wait, as to override a freeze, and asks that everybody who wrote it is known.
 */
export const maySteer = (steerer: Steerer): Standing => {
  const { word, name, roles, place, identities, authorship = NOBODY_KNOWN } = steerer;
  if (word === 'promote') return mayBypass({ name, asked: roles, place, identities, authorship });
  const standing = mayDecide(identities, name, roles, place);
  if (!standing.ok || word !== 'resume') return standing;
  const person = personsOf(identities);
  const own = handsOf(authorship).some((other) => person(other) === person(name));
  return own
    ? { ok: false, code: 'self_approval', reason: `${name} wrote, started or resumed the release that is paused` }
    : standing;
};
