/** Who exists, what they may do and where, how they log in, and who does not any more. */
import { z } from 'zod';
import { duration, name } from '../contract/names.js';
import { mapping } from '../contract/yaml/expected.js';
import { isSecureOrLoopback } from '../domain/identity/issuer.js';
import { slackUser } from './channels.js';
import { instant } from './instant.js';

const places = {
  models: z.array(name).min(1).max(1000).exactOptional().describe('Absent: for every model.'),
  environments: z.array(name).min(1).max(100).exactOptional().describe('Absent: in every environment.'),
};

const subject = z.string({ error: 'sub of an ID token' }).min(1).max(255);

const issuer = z
  .url({ error: 'an https address' })
  .refine((text) => isSecureOrLoopback(text), 'an https address, or http on this machine');

export const oidc = mapping({
  issuer: issuer.describe('As its discovery document and its ID tokens say it.'),
  clientId: z.string().min(1).max(255).describe('A public client, for loopback redirects with PKCE.'),
  audience: z.string().min(1).max(255).exactOptional().describe('Of ID tokens; absent: clientId.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'a scope'))
    .max(20)
    .default(['openid', 'email'])
    .refine((scopes) => scopes.includes('openid'), 'openid among them'),
  algorithms: z
    .array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']))
    .min(1)
    .default(['RS256'])
    .describe('What ID tokens may be signed with; a shared secret, or none, never.'),
  groupsClaim: z.string().min(1).max(200).default('groups'),
  groups: z
    .array(mapping({ group: z.string().min(1).max(256), role: name, ...places }))
    .max(1000)
    .default([])
    .describe('Roles of who is in a group.'),
  maxClaimsAge: duration('1m', '30d')
    .prefault('12h')
    .describe('How long roles that come from groups count without a log-in.'),
  sessionLasts: duration('1m', '12h').prefault('8h'),
  decideWithin: duration('1m', '12h').prefault('15m').describe('How old a log-in may be that decides.'),
});

const revoked = { reason: z.string().min(1).max(500), since: instant };

export const revocation = z.union([mapping({ identity: name, ...revoked }), mapping({ subject, ...revoked })], {
  error: '{identity, reason, since} or {subject, reason, since}',
});

export const identity = mapping({
  name,
  kind: z
    .enum(['person', 'service'], { error: 'person or service' })
    .default('person')
    .describe('A service starts releases, and decides nothing.'),
  person: name
    .exactOptional()
    .describe('Identities of one person name the same: they decide once, and not on what the other wrote.'),
  slack: slackUser.exactOptional().describe('Who it is in Slack: what they click there, they say here.'),
  oidc: mapping({ subject })
    .exactOptional()
    .describe(
      'Who it is for the identity provider: `sub` of its ID tokens. A log-in of theirs is one of this identity.',
    ),
  grants: z
    .array(mapping({ role: name, ...places }))
    .max(100)
    .default([])
    .describe('Roles that hold for some models, or in some environments.'),
  roles: z
    .array(name)
    .max(20)
    .default([])
    .describe(
      'Everywhere. author, reviewer, oncall and operator open routes of the API; other names can be asked for in slipway.yaml.',
    ),
  gitEmails: z
    .array(z.email({ error: 'an e-mail address' }))
    .max(50)
    .default([]),
  calendar: name.exactOptional().describe('When this person works; defaultCalendar where absent.'),
  deputies: z
    .array(name)
    .max(20)
    .exactOptional()
    .describe('Who may decide in this place when an approval comes to delegateAfter.'),
});
