import { authorFault } from '../identity/authorFault.js';
import { mayDecide, type Standing } from '../identity/mayDecide.js';
import type { Holder } from '../identity/types.js';
import type { Authorship } from '../release/types.js';
import type { Place } from './types.js';

export interface Bypass {
  /** Who would let it pass. */
  readonly name: string;
  /** Roles that may. */
  readonly asked: readonly string[];
  readonly place: Place;
  readonly identities: readonly Holder[];
  readonly authorship: Authorship;
}

/**
 * May somebody let a release past what holds it back: a freeze, or with a second person everything? Whoever has the role
 * there, and neither wrote, started nor resumed it; and only where everybody who wrote it is known.
 */
export const mayBypass = ({ name, asked, place, identities, authorship }: Bypass): Standing => {
  const standing = mayDecide(identities, name, asked, place);
  if (!standing.ok) return standing;
  const fault = authorFault(name, authorship, identities);
  return fault === undefined ? standing : { ok: false, ...fault };
};
