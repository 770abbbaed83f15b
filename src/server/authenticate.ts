import type { Access } from '../contract/http/route.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { Directory, Identity } from '../ports/directory.js';
import type { TokenVerifier } from './tokens.js';

export const NOBODY: Identity = { name: '', roles: [], gitEmails: [] };

/** Whoever sent this Authorization header, with the roles of now, if the route lets them in: `unauthenticated`, `forbidden`. */
export const authenticate = async (
  authorization: string | undefined,
  access: Access,
  ports: { readonly tokens: TokenVerifier; readonly directory: Directory },
): Promise<Identity> => {
  if (access === 'public') return NOBODY;
  const token = /^Bearer ([A-Za-z0-9_-]{20,200})$/i.exec(authorization ?? '')?.[1];
  const name = token === undefined ? undefined : await ports.tokens.identityOf(token);
  if (name === undefined) throw new SlipwayError('unauthenticated', 'no valid bearer token');
  const identity = (await ports.directory.identities()).find((known) => known.name === name);
  if (identity === undefined)
    throw new SlipwayError('unauthenticated', `${name} is no identity of this installation any more`);
  if (access !== 'any' && !access.some((role) => identity.roles.includes(role))) {
    throw new SlipwayError('forbidden', `${name} has none of the roles ${access.join(', ')}`, { roles: access });
  }
  return identity;
};
