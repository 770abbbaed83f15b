import { statSync } from 'node:fs';
import type { ClaimRules, ConfiguredIdentity, RevokedSubject } from '../domain/identity/claims.js';
import { withCalendars } from './calendars.js';
import { readOperatorFile } from './operator.js';
import type { OperatorFile } from './schema.js';

/** What the operator's file says of people: who exists, who was revoked, and what a provider's groups mean. */
export interface People {
  readonly identities: readonly ConfiguredIdentity[];
  /** Subjects of the identity provider. */
  readonly revoked: readonly RevokedSubject[];
  /** Absent: nobody logs in. */
  readonly rules?: ClaimRules;
}

const cache = new Map<string, { readonly version: string; readonly people: People }>();

/**
 * People as the operator's file has them now: a role that was taken away, and who was revoked, is gone at the next
 * question. Asked with every request, so that the file is read again only when it is another one.
 */
export const readPeople = (configFile: string): People => {
  const version = versionOf(configFile);
  const known = cache.get(configFile);
  if (known !== undefined && known.version === version) return known.people;
  const people = peopleOf(readOperatorFile(configFile));
  cache.set(configFile, { version, people });
  return people;
};

const peopleOf = ({ identities, revoked, oidc, calendars, defaultCalendar }: OperatorFile): People => ({
  identities: withCalendars(identities, calendars, defaultCalendar).map((identity) => {
    const entry = revoked.find((one) => 'identity' in one && one.identity === identity.name);
    return entry === undefined ? identity : { ...identity, revoked: { reason: entry.reason, since: entry.since } };
  }),
  revoked: revoked.filter((entry) => 'subject' in entry),
  ...(oidc === undefined ? {} : { rules: oidc }),
});

const versionOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'none' : `${found.ino}.${found.size}.${found.mtimeMs}.${found.ctimeMs}`;
};
