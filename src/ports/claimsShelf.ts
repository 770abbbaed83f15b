import type { ClaimsRecord } from '../domain/identity/claims.js';

/** What the identity provider said of people, the newest of each. */
export interface ClaimsReader {
  all(): Promise<readonly ClaimsRecord[]>;
}

/** Held by the API process alone. */
export interface ClaimsShelf extends ClaimsReader {
  keep(record: ClaimsRecord): Promise<void>;
}
