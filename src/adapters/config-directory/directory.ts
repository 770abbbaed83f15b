import {
  joinClaims,
  type ClaimRules,
  type ConfiguredIdentity,
  type RevokedSubject,
} from '../../domain/identity/claims.js';
import type { ClaimsReader } from '../../ports/claimsShelf.js';
import type { Directory } from '../../ports/directory.js';

export interface DirectoryParts {
  /** The operator's configuration, read again for every question: who lost a role has lost it now. */
  readonly people: () => {
    readonly identities: readonly ConfiguredIdentity[];
    readonly revoked: readonly RevokedSubject[];
    /** Absent: nobody logs in, and no claims are looked at. */
    readonly rules?: ClaimRules;
  };
  readonly claims: ClaimsReader;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Identities of the operator's configuration, and of those who logged in, with what counts of them now. */
export const createDirectory = ({ people, claims, now }: DirectoryParts): Directory => ({
  identities: async () => {
    const { identities, revoked, rules } = people();
    if (rules === undefined) return identities;
    return joinClaims(identities, await claims.all(), rules, revoked, now());
  },
});
