import type { Checkpoint } from '../../domain/ledger/checkpoint.js';
import { openCheckpoint } from './openCheckpoint.js';
import type { PublicKeys } from './openEnvelope.js';

/**
 * Opens stored checkpoints with the signer's keys of now; one that it did not sign is undefined. While the signer is
 * down those that it named last hold: what it signed stays signed.
 */
export const createOpenCheckpoints = (
  publicKeys: () => Promise<PublicKeys>,
): ((stored: readonly Uint8Array[]) => Promise<readonly (Checkpoint | undefined)[]>) => {
  let known: PublicKeys | undefined;
  return async (stored) => {
    const keys = await publicKeys().catch((error: unknown) => {
      if (known === undefined) throw error;
      return known;
    });
    known = keys;
    return stored.map((bytes) => {
      const opened = openCheckpoint(bytes, keys);
      return opened.kind === 'signed' ? opened.checkpoint : undefined;
    });
  };
};
