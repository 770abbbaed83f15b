import { foldEmail } from '../release/emails.js';
import type { ClaimsAge, Grant, Identity } from './types.js';

/** What an identity provider said of somebody who logged in, as it is kept. Nobody but the API can write one. */
export interface ClaimsRecord {
  readonly issuer: string;
  readonly subject: string;
  /** The identity's name where the operator gave it none: made from issuer and subject, so it never changes. */
  readonly name: string;
  /** How the provider calls the person, for readers only. */
  readonly label: string;
  /** Only where the provider has verified it. */
  readonly email?: string;
  readonly groups: readonly string[];
  /** Epoch milliseconds. */
  readonly assertedAt: number;
}

/** What the operator makes of a provider's claims. */
export interface ClaimRules {
  readonly issuer: string;
  readonly groups: readonly (Grant & { readonly group: string })[];
  readonly maxClaimsAge: number;
}

/** The operator may tie an identity to a subject of the provider. */
export type ConfiguredIdentity = Identity & { readonly oidc?: { readonly subject: string } };

export interface RevokedSubject {
  readonly subject: string;
  readonly reason: string;
  readonly since: number;
}

/** A clock of the API that is ahead of this one by more is not believed. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Everybody who exists now: those of the operator's file, those that the provider spoke of, and where both are the same
 * person, the one. Roles come from groups only while the claims are young enough. An address that two identities have,
 * and a name that is taken, leave who came by the provider without any role.
 */
export const joinClaims = (
  configured: readonly ConfiguredIdentity[],
  records: readonly ClaimsRecord[],
  rules: ClaimRules,
  revoked: readonly RevokedSubject[],
  now: number,
): readonly Identity[] => {
  const known = newestOf(records.filter(({ issuer }) => issuer === rules.issuer));
  const bySubject = new Map(known.map((record) => [record.subject, record]));
  const linked = new Set(configured.flatMap(({ oidc }) => (oidc === undefined ? [] : [oidc.subject])));
  const names = new Set(configured.map(({ name }) => name));
  const owners = ownersByEmail(configured, known);
  const stand = (record: ClaimsRecord, own: string): Came => ({
    ...cameBy(record, rules, now),
    ...clash(record, own, owners),
  });
  return [
    ...configured.map(({ oidc, ...identity }): Identity => {
      const record = oidc === undefined ? undefined : bySubject.get(oidc.subject);
      const entry = oidc === undefined ? undefined : revoked.find(({ subject }) => subject === oidc.subject);
      return {
        ...withClaims(identity, record === undefined ? undefined : stand(record, ofName(identity.name))),
        ...(oidc === undefined ? {} : { subject: oidc.subject }),
        ...(record === undefined ? {} : { label: record.label }),
        ...revocationOf(entry),
      };
    }),
    ...known
      .filter(({ subject, name }) => !linked.has(subject) && !names.has(name))
      .map((record): Identity => ({
        ...withClaims({ name: record.name, roles: [], gitEmails: [] }, stand(record, ofSubject(record.subject))),
        subject: record.subject,
        label: record.label,
        fromClaims: true,
        ...revocationOf(revoked.find(({ subject }) => subject === record.subject)),
      })),
  ];
};

/** What comes with the claims of one person. */
interface Came {
  readonly grants: readonly Grant[];
  readonly claims: ClaimsAge;
  readonly email?: string;
  readonly conflict?: string;
}

const newestOf = (records: readonly ClaimsRecord[]): readonly ClaimsRecord[] => {
  const newest = new Map<string, ClaimsRecord>();
  for (const record of records) {
    const before = newest.get(record.subject);
    if (before === undefined || before.assertedAt < record.assertedAt) newest.set(record.subject, record);
  }
  return [...newest.values()];
};

const cameBy = ({ groups, assertedAt, email }: ClaimsRecord, rules: ClaimRules, now: number): Came => {
  const countUntil = assertedAt + rules.maxClaimsAge;
  // Written so that a time that is no number does not count.
  const count = now < countUntil && assertedAt <= now + CLOCK_SKEW_MS;
  const grants = rules.groups.filter(({ group }) => groups.includes(group)).map(({ group: _, ...grant }) => grant);
  return {
    grants: count ? grants : [],
    claims: { assertedAt, countUntil, count },
    ...(email === undefined ? {} : { email }),
  };
};

const withClaims = (identity: Identity, came: Came | undefined): Identity => {
  if (came === undefined) return identity;
  const { grants, claims, email, conflict } = came;
  if (conflict !== undefined) return { ...identity, claims, conflict };
  const has = email === undefined || identity.gitEmails.some((one) => foldEmail(one) === foldEmail(email));
  return {
    ...identity,
    grants: [...(identity.grants ?? []), ...grants],
    gitEmails: has ? identity.gitEmails : [...identity.gitEmails, email],
    claims,
  };
};

type Owners = (email: string) => readonly string[];

const ofName = (name: string): string => `name ${name}`;
const ofSubject = (subject: string): string => `subject ${subject}`;

/** Whose an address is: whom the operator gave it, else everybody who came with it. */
const ownersByEmail = (configured: readonly ConfiguredIdentity[], records: readonly ClaimsRecord[]): Owners => {
  const given = new Map<string, readonly string[]>();
  for (const { name, gitEmails } of configured)
    for (const email of gitEmails) given.set(foldEmail(email), [ofName(name)]);
  const names = new Map(
    configured.flatMap(({ name, oidc }) => (oidc === undefined ? [] : [[oidc.subject, name] as const])),
  );
  const came = new Map<string, readonly string[]>();
  for (const { email, subject } of records) {
    if (email === undefined) continue;
    const name = names.get(subject);
    const key = foldEmail(email);
    came.set(key, [...(came.get(key) ?? []), name === undefined ? ofSubject(subject) : ofName(name)]);
  }
  return (email) => given.get(foldEmail(email)) ?? came.get(foldEmail(email)) ?? [];
};

const clash = ({ email }: ClaimsRecord, own: string, owners: Owners): { readonly conflict?: string } =>
  email === undefined || owners(email).every((owner) => owner === own)
    ? {}
    : { conflict: 'its e-mail address belongs to another identity, too' };

const revocationOf = (entry: RevokedSubject | undefined): Pick<Identity, 'revoked'> =>
  entry === undefined ? {} : { revoked: { reason: entry.reason, since: entry.since } };
