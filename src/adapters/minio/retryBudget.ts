/**
 * Keeps retries to a fraction of all requests: each success earns a tenth of a retry, and at most ten are saved up.
 * While a store is down nobody earns any, so a long outage costs ten extra requests and not a multiple of all.
 */
export interface RetryBudget {
  succeeded(): void;
  /** Takes one retry; false when there is none left. */
  take(): boolean;
}

const EARNED = 0.1;
const SAVED = 10;

export const createRetryBudget = (): RetryBudget => {
  let tokens = SAVED;
  return {
    succeeded: () => {
      tokens = Math.min(SAVED, tokens + EARNED);
    },
    take: () => {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
};
