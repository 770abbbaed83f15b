import { handsOf } from '../identity/authorFault.js';
import { standingOf, type Standing } from '../identity/mayDecide.js';
import { personsOf } from '../identity/person.js';
import type { Holder, Place } from '../identity/types.js';
import type { Authorship } from '../release/types.js';
import type { Hold } from './types.js';

/** A release that a hold or a freeze keeps out now. */
export interface HeldRelease {
  readonly releaseId: string;
  readonly authorship: Pick<Authorship, 'authors' | 'trigger' | 'resumedBy'>;
}

export interface Lifting {
  readonly name: string;
  readonly hold: Pick<Hold, 'id' | 'kind' | 'by' | 'override'>;
  /** What it is about; a role for less than that is none. */
  readonly place: Place;
  /** Roles that may lift what they did not place; for a freeze only those that may override it. */
  readonly lifters: readonly string[];
  readonly identities: readonly Holder[];
  readonly heldBack: readonly HeldRelease[];
}

/**
 * May somebody end a hold or a freeze before its time? That lets pass whatever waits behind it, so nobody does it for a
 * release of their own, and a freeze is ended by who placed it or might let a release past it, not by everybody on call.
 */
export const mayLift = ({ name, hold, place, lifters, identities, heldBack }: Lifting): Standing => {
  const identity = identities.find((one) => one.name === name);
  const person = personsOf(identities);
  const isTheirs = (other: string): boolean => person(other) === person(name);
  if (identity === undefined) return { ok: false, code: 'forbidden', reason: `${name} is not known here` };
  const placed = isTheirs(hold.by);
  const asked = hold.kind === 'hold' || placed ? [...lifters, ...hold.override] : hold.override;
  const standing = standingOf(identity, asked, place);
  if (!standing.ok) {
    if (standing.code !== 'forbidden') return standing;
    const who = placed || hold.kind === 'hold' ? '' : `by ${hold.by}, who placed it, or `;
    return {
      ok: false,
      code: 'lift_forbidden',
      reason: `${hold.id} may be lifted ${who}by ${asked.join(', ') || 'nobody else'}`,
    };
  }
  const own = heldBack.find(({ authorship }) => handsOf(authorship).some(isTheirs));
  return own === undefined
    ? standing
    : {
        ok: false,
        code: 'self_approval',
        reason: `${name} wrote, started or resumed ${own.releaseId}, which ${hold.id} holds back`,
      };
};
