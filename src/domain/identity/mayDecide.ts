import type { ErrorCode } from '../errors/table.js';
import { rolesIn, sayPlace } from './roles.js';
import type { Holder, Place } from './types.js';

export type Standing =
  | { readonly ok: true; readonly roles: readonly string[] }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason: string };

const refuse = (code: ErrorCode, reason: string): Standing => ({ ok: false, code, reason });

/** Does somebody of this name stand where a decision is theirs to make, now? */
export const mayDecide = (
  identities: readonly Holder[],
  name: string,
  asked: readonly string[],
  place: Place,
): Standing => {
  const identity = identities.find((one) => one.name === name);
  return identity === undefined ? refuse('forbidden', `${name} is not known here`) : standingOf(identity, asked, place);
};

/**
 * Only a person decides, who was not revoked and has one of the roles asked for there; which of them is part of the
 * answer.
 */
export const standingOf = (identity: Holder, asked: readonly string[], place: Place): Standing => {
  const { name, kind, revoked, conflict, claims } = identity;
  if (revoked !== undefined) return refuse('identity_revoked', `${name} was revoked: ${revoked.reason}`);
  if (conflict !== undefined) return refuse('identity_conflict', `${name} decides nothing: ${conflict}`);
  if (kind === 'service') return refuse('service_account', `${name} is a service account`);
  const roles = rolesIn(identity, place).filter((role) => asked.includes(role));
  if (roles.length > 0) return { ok: true, roles };
  if (claims?.count === false)
    return refuse('claims_stale', `what is known of the groups of ${name} is too old to count`);
  return refuse('forbidden', `${name} has none of the roles ${asked.join(', ')}${sayPlace(place)}`);
};
