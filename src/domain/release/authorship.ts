import { ownersOf } from './emails.js';
import type { Authorship } from './types.js';

interface Committed {
  readonly authorEmail: string;
  readonly committerEmail: string;
  readonly coAuthors?: readonly string[];
}

/**
 * Ties commits to identities by e-mail address. Whoever wrote, committed or is named as co-author of any of them is an
 * author; an address that belongs to nobody is kept as unknown, and makes approval impossible.
 */
export const authorshipOf = (
  commits: readonly Committed[],
  identities: Parameters<typeof ownersOf>[0],
  trigger: string,
): Authorship => {
  const ownerOf = ownersOf(identities);
  const authors = new Set<string>();
  const unknown = new Set<string>();
  for (const { authorEmail, committerEmail, coAuthors = [] } of commits) {
    for (const email of [authorEmail, committerEmail, ...coAuthors]) {
      const owner = ownerOf(email);
      if (owner === undefined) unknown.add(email);
      else authors.add(owner);
    }
  }
  return { authors: [...authors].sort(), unknown: [...unknown].sort(), trigger };
};
