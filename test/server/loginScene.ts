/** An API that people log in to at a real provider: sessions and claims in a store, stamped by real keys. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectory, type DirectoryParts } from '../../src/adapters/config-directory/directory.js';
import { decisionKeyFiles } from '../../src/adapters/decision-keys/keyFiles.js';
import { createStamper, createStampReader } from '../../src/adapters/decision-keys/stamps.js';
import { createIdentityProvider } from '../../src/adapters/oidc/identityProvider.js';
import { createClaimsReader, createClaimsShelf } from '../../src/adapters/store-identities/claims.js';
import { createSessions } from '../../src/adapters/store-identities/sessions.js';
import type { Directory } from '../../src/ports/directory.js';
import { createApp } from '../../src/server/app.js';
import type { ServerPorts } from '../../src/server/ports.js';
import { CLIENT, startIdentityProvider } from '../servers/identityProvider.js';
import { openScene } from './scene.js';

export const MINUTE = 60_000;
/** Of the API that people log in to. */
export const ORIGIN = 'https://slipway.example.org';
export const HOUR = 60 * MINUTE;

export const openLoginScene = async () => {
  const home = await mkdtemp(join(tmpdir(), 'slipway-login-'));
  const provider = await startIdentityProvider();
  const keys = decisionKeyFiles(home);
  const [stamper, stamps] = [await createStamper(keys), createStampReader(keys)];
  let ahead = 0;
  let origin = ORIGIN;
  let issuer = provider.issuer;
  const now = (): number => Date.now() + ahead;
  const scene = openScene({ now });
  const operator: {
    -readonly [K in keyof ReturnType<DirectoryParts['people']>]: ReturnType<DirectoryParts['people']>[K];
  } = {
    identities: scene.people,
    revoked: [],
    rules: {
      issuer: provider.issuer,
      groups: [
        { group: 'reviewers', role: 'reviewer', models: ['flights'] },
        { group: 'staff', role: 'author' },
      ],
      maxClaimsAge: 12 * HOUR,
    },
  };
  /** As a process sees it that reads and cannot stamp. */
  const directoryOf = (): Directory =>
    createDirectory({ people: () => operator, claims: createClaimsReader(scene.store, stamps), now });
  const claims = createClaimsShelf(scene.store, stamps, stamper);
  const ports: ServerPorts = {
    ...scene.ports,
    directory: createDirectory({ people: () => operator, claims, now }),
    login: {
      provider: createIdentityProvider({
        issuer: provider.issuer,
        clientId: CLIENT,
        algorithms: ['RS256'],
        groupsClaim: 'groups',
        refetchAfterMs: 0,
      }),
      sessions: createSessions({ store: scene.store, stamper, stamps, now }),
      claims,
      groupsAsked: () => (operator.rules?.groups ?? []).map(({ group }) => group),
      settings: {
        get issuer() {
          return issuer;
        },
        clientId: CLIENT,
        scopes: ['openid', 'email'],
        get origin() {
          return origin;
        },
        sessionLastsMs: 8 * HOUR,
        decideWithinMs: 15 * MINUTE,
      },
    },
  };
  return {
    ...scene,
    app: createApp(ports),
    provider,
    operator,
    home,
    worker: directoryOf(),
    stamper,
    /** Under another address than its own from now on. */
    known: (as: string) => void (origin = as),
    /** With another address of its provider from now on. */
    askAt: (address: string) => void (issuer = address),
    /** Lets time pass. */
    pass: (ms: number) => void (ahead += ms),
    close: async () => {
      await provider.stop();
      await rm(home, { recursive: true });
    },
  };
};
