import type { Grant } from '../domain/identity/types.js';
import { when } from './output.js';

export interface ShownIdentity {
  readonly name: string;
  readonly kind: 'person' | 'service';
  readonly person: string;
  /** As the identity provider calls the person. */
  readonly label?: string;
  readonly roles: readonly string[];
  readonly grants: readonly Grant[];
  readonly expiresAt?: number;
  readonly authenticatedAt?: number;
  readonly claims?: { readonly countUntil: number; readonly count: boolean };
}

/** Who somebody is, with what they may do where, and until when. */
export const renderIdentity = (shown: ShownIdentity): string => {
  const { name, kind, person, label, roles, grants, expiresAt, authenticatedAt, claims } = shown;
  const held = [...(roles.length === 0 ? [] : [roles.join(', ')]), ...grants.map(sayGrant)];
  const by = authenticatedAt === undefined ? 'the token' : `logged in at ${when(authenticatedAt)} UTC; the session`;
  return [
    `${name}: ${held.length === 0 ? 'no role' : held.join('; ')}`,
    ...(kind === 'service' ? ['a service account: it decides nothing'] : []),
    ...(label === undefined ? [] : [`the identity provider says: ${label}`]),
    ...(person === name ? [] : [`an identity of ${person}`]),
    ...(expiresAt === undefined ? [] : [`${by} ends at ${when(expiresAt)} UTC`]),
    ...(claims === undefined
      ? []
      : [`groups ${claims.count ? 'count' : 'counted'} until ${when(claims.countUntil)} UTC`]),
  ].join('\n');
};

const sayGrant = ({ role, models, environments }: Grant): string =>
  [
    role,
    ...(models === undefined ? [] : [`for ${models.join(', ')}`]),
    ...(environments === undefined ? [] : [`in ${environments.join(', ')}`]),
  ].join(' ');
