import { SlipwayError } from '../domain/errors/slipwayError.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

/**
 * Does what the signer owes to the store, again until it is done: at a start the store may not answer yet. A ledger that
 * was tampered with does not mend by waiting.
 *
 * @param failed told of each failure, with the time until the next try; undefined: there is none
 */
export const catchUp = async (
  owed: () => Promise<void>,
  failed: (error: unknown, waitMs: number | undefined) => void,
  wait: (ms: number) => Promise<unknown>,
): Promise<void> => {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      await owed();
      return;
    } catch (error) {
      const lasting = error instanceof SlipwayError && error.code === 'ledger_tampered';
      failed(error, lasting ? undefined : waitMs);
      if (lasting) return;
      await wait(waitMs);
    }
  }
};
