import type { Authorship } from './types.js';

interface Committed {
  readonly authorEmail: string;
  readonly committerEmail: string;
}

interface Known {
  readonly name: string;
  readonly gitEmails: readonly string[];
}

/**
 * Ties commits to identities by e-mail address (case does not matter). Whoever wrote or committed any of them is
 * an author; an address that belongs to nobody is kept as unknown, and makes approval impossible.
 */
export const authorshipOf = (
  commits: readonly Committed[],
  identities: readonly Known[],
  trigger: string,
): Authorship => {
  const owners = new Map<string, string>();
  for (const identity of identities) {
    for (const email of identity.gitEmails) owners.set(email.toLowerCase(), identity.name);
  }
  const authors = new Set<string>();
  const unknown = new Set<string>();
  for (const commit of commits) {
    for (const email of [commit.authorEmail, commit.committerEmail]) {
      const owner = owners.get(email.toLowerCase());
      if (owner === undefined) unknown.add(email);
      else authors.add(owner);
    }
  }
  return { authors: [...authors].sort(), unknown: [...unknown].sort(), trigger };
};
