import type { Access } from '../contract/http/route.js';
import { sayDuration } from '../domain/sayDuration.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import { rolesAnywhere, rolesIn, sayPlace } from '../domain/identity/roles.js';
import type { Identity, Place } from '../domain/identity/types.js';
import type { ServerPorts } from './ports.js';
import { refuseWhoHasNothing } from './routes/login.js';
import type { Credential } from './tokens.js';

type AuthenticationPorts = Pick<ServerPorts, 'tokens' | 'directory' | 'login' | 'now'>;

/** Who asks, and by what they showed it. */
export interface Caller {
  readonly identity: Identity;
  readonly credential: Credential;
}

export const NOBODY: Caller = { identity: { name: '', roles: [], gitEmails: [] }, credential: { identity: '' } };

/**
 * Whoever sent this Authorization header, if the route lets them in somewhere: `unauthenticated`, `token_expired`, `identity_revoked`,
 * `forbidden`. Where they ask to be let in is known when the request was read: then `assertRole` looks again.
 */
export const authenticate = async (
  authorization: string | undefined,
  access: Access,
  ports: AuthenticationPorts,
): Promise<Caller> => {
  if (access === 'public') return NOBODY;
  const credential = await credentialOf(authorization, ports);
  const name = credential.identity;
  const identity = (await ports.directory.identities()).find((known) => known.name === name);
  if (identity === undefined)
    throw new SlipwayError('unauthenticated', `${name} is no identity of this installation any more`);
  refuseWhoHasNothing(identity);
  refuseWithout(identity, access, rolesAnywhere(identity), {});
  return { identity, credential };
};

const sessionOf = async (token: string, login: AuthenticationPorts['login']): Promise<Credential | undefined> => {
  const session = await login?.sessions.find(token);
  return session === undefined ? undefined : { ...session, session: token };
};

/**
 * Where people log in, a decision needs somebody who did so a short while ago (`authentication_stale`): neither a session
 * that was stolen later, nor a token that lies in a file, decides.
 */
export const assertFresh = ({ credential }: Caller, { login, now }: AuthenticationPorts): void => {
  if (login === undefined) return;
  const { authenticatedAt } = credential;
  const { decideWithinMs } = login.settings;
  // Written so that a time that is no number is not fresh.
  if (authenticatedAt !== undefined && now() - authenticatedAt <= decideWithinMs) return;
  const what =
    authenticatedAt === undefined ? 'a token is no log-in' : `the log-in is older than ${sayDuration(decideWithinMs)}`;
  throw new SlipwayError('authentication_stale', `${what}, and this decides`);
};

const credentialOf = async (
  authorization: string | undefined,
  { tokens, login, now }: AuthenticationPorts,
): Promise<Credential> => {
  const token = /^Bearer ([A-Za-z0-9_-]{20,200})$/i.exec(authorization ?? '')?.[1];
  const credential = token === undefined ? undefined : ((await sessionOf(token, login)) ?? (await tokens.find(token)));
  if (credential === undefined)
    throw new SlipwayError(
      'unauthenticated',
      authorization === undefined
        ? 'no token came with the request'
        : 'the token that came is none of this installation: it was revoked, its session has ended, or it never was one',
    );
  const { identity, expiresAt } = credential;
  if (expiresAt !== undefined && !(now() < expiresAt))
    throw new SlipwayError('token_expired', `the token of ${identity} expired at ${new Date(expiresAt).toISOString()}`);
  return credential;
};

/** Refuses with `forbidden` who has none of a route's roles for the model and in the environment that a request names. */
export const assertRole = (identity: Identity, access: Access, place: Place): void =>
  refuseWithout(identity, access, rolesIn(identity, place), place);

const refuseWithout = ({ name, claims }: Identity, access: Access, has: readonly string[], place: Place): void => {
  if (access === 'public' || access === 'any' || access.some((role) => has.includes(role))) return;
  const roles = { roles: access };
  if (claims?.count === false)
    throw new SlipwayError('claims_stale', `what is known of the groups of ${name} is too old to count`, roles);
  throw new SlipwayError('forbidden', `${name} has none of the roles ${access.join(', ')}${sayPlace(place)}`, roles);
};
