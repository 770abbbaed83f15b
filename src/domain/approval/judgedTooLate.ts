import { DECISION_KINDS } from './decisionKinds.js';
import type { DecisionStatement } from './types.js';

/** So long after its deadline a statement that was delivered in time is still judged: workers may be down for days. */
export const JUDGED_WITHIN_MS = 7 * 86_400_000;

/**
 * Is it too late to judge what was delivered in time? When it was delivered is told by a message, which whoever reaches the
 * engine can write: without a bound a statement that was printed once would count for ever. An objection may come at any time.
 *
 * @param at when it was judged, epoch milliseconds
 */
export const judgedTooLate = ({ decision, exp }: Pick<DecisionStatement, 'decision' | 'exp'>, at: number): boolean =>
  !DECISION_KINDS[decision].objects && !(at <= exp * 1000 + JUDGED_WITHIN_MS);
