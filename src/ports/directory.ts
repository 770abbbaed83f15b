import type { Identity } from '../domain/identity/types.js';

/** Who exists, with which roles now, for which models and environments; also who was revoked, because their commits stay theirs. */
export interface Directory {
  identities(): Promise<readonly Identity[]>;
}
