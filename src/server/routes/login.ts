import { createHash } from 'node:crypto';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { boundSecret } from '../../domain/identity/boundSecret.js';
import { rolesAnywhere } from '../../domain/identity/roles.js';
import type { Identity } from '../../domain/identity/types.js';
import type { AssertedIdentity } from '../../ports/identityProvider.js';
import type { Handlers } from '../call.js';
import type { Login, ServerPorts } from '../ports.js';

type Mine = 'loginSettings' | 'openSession' | 'endSession';

/** An ID token is good for a session for a few minutes; nobody needs to remember longer that it was used. */
const USED_MS = 10 * 60_000;

export const loginHandlers = (ports: ServerPorts): Pick<Handlers, Mine> => ({
  loginSettings: async () => {
    const { issuer, clientId, scopes, origin, decideWithinMs } = loginOf(ports).settings;
    return { body: { issuer, clientId, scopes, origin, maxAge: Math.floor(decideWithinMs / 1000) } };
  },
  openSession: async ({ body: { idToken, secret } }) => {
    const login = loginOf(ports);
    const nonce = createHash('sha256').update(boundSecret(login.settings.origin, secret)).digest('base64url');
    const asserted = await login.provider.verify(idToken, nonce);
    if (!(await login.sessions.takeOnce(nonce, asserted.assertedAt + USED_MS)))
      throw new SlipwayError('id_token_refused', 'the ID token is refused: it was used before');
    const { name, label = name } = await identityOf(ports, login, asserted);
    const expiresAt = ports.now() + login.settings.sessionLastsMs;
    const token = await login.sessions.open({ identity: name, authenticatedAt: asserted.authenticatedAt, expiresAt });
    return { body: { token, identity: name, label, expiresAt } };
  },
  endSession: async ({ credential: { session } }) => {
    if (session !== undefined) await loginOf(ports).sessions.end(session);
    return { body: { ended: session !== undefined } };
  },
});

const loginOf = ({ login }: ServerPorts): Login => {
  if (login === undefined)
    throw new SlipwayError('login_unavailable', 'slipway.config.yaml had no oidc when the API started');
  return login;
};

/**
 * Whoever logged in, as the directory has them now. What the provider said is kept before anything is refused: a group
 * that somebody left is gone also where they get no session.
 */
const identityOf = async (ports: ServerPorts, login: Login, asserted: AssertedIdentity): Promise<Identity> => {
  const { authenticatedAt: _, groups, ...record } = asserted;
  const asked = new Set(login.groupsAsked());
  await login.claims.keep({ ...record, groups: groups.filter((group) => asked.has(group)) });
  const identity = (await ports.directory.identities()).find(({ subject }) => subject === asserted.subject);
  if (identity === undefined)
    throw new SlipwayError('identity_conflict', `${asserted.name} is the name of another identity`);
  refuseWhoHasNothing(identity);
  return identity;
};

/** Whoever the provider knows is not therefore known here. */
export const refuseWhoHasNothing = (identity: Identity): void => {
  const { name, revoked, conflict, fromClaims, claims } = identity;
  if (revoked !== undefined) throw new SlipwayError('identity_revoked', `${name} was revoked: ${revoked.reason}`);
  if (conflict !== undefined) throw new SlipwayError('identity_conflict', `${name} cannot be let in: ${conflict}`);
  if (fromClaims !== true || rolesAnywhere(identity).length > 0) return;
  if (claims?.count === false)
    throw new SlipwayError('claims_stale', `what is known of the groups of ${name} is too old to count`);
  throw new SlipwayError('forbidden', `none of the groups of ${name} has a role here`);
};
