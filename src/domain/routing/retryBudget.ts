/**
 * How many requests of a model may be asked twice: a burst, as many as are under way when a server dies, and a share of
 * all. A version that loses every request cannot double the load on the others.
 */
export interface RetryBudget {
  readonly tokens: number;
}

const BURST = 512;
const SHARE = 0.2;

export const FULL_BUDGET: RetryBudget = { tokens: BURST };

export const earn = ({ tokens }: RetryBudget): RetryBudget => ({ tokens: Math.min(BURST, tokens + SHARE) });

/** Undefined: nothing is left for one more. */
export const spend = ({ tokens }: RetryBudget): RetryBudget | undefined =>
  tokens >= 1 ? { tokens: tokens - 1 } : undefined;
