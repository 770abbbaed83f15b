import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { OLDEST_MS } from './assertSigned.js';

/**
 * Remembers what was signed for as long as its signature is young enough to be shown again. In this process: what another
 * one is shown again finds the comment that there is (its Idempotency-Key is the signature).
 */
export const createTakenOnce = (now: () => number) => {
  const until = new Map<string, number>();
  return async <T>(signature: string, work: () => Promise<T>): Promise<T> => {
    for (const [old, end] of until) if (end < now()) until.delete(old);
    if (until.has(signature)) throw new SlipwayError('slack_replayed', 'this very click came before');
    until.set(signature, now() + 2 * OLDEST_MS);
    try {
      return await work();
    } catch (error) {
      // It did nothing: whoever sends it again may.
      until.delete(signature);
      throw error;
    }
  };
};
