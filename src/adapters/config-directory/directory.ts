import type { Directory, Identity } from '../../ports/directory.js';

/** Identities of the operator's configuration, read again for every question: who lost a role has lost it now. */
export const createConfigDirectory = (readIdentities: () => Promise<readonly Identity[]>): Directory => ({
  identities: readIdentities,
});
