/** What people are asked for: to let a release in, or to look at it after it came in by a way of its own. */
export type Asking = 'approve' | 'review';

/** The gate that a statement names. */
export const gateOf = (asking: Asking, environment: string): string => `${asking}.${environment}`;

/** What a gate asks for; approvals where it is none of ours. */
export const askingOf = (gate: unknown): Asking =>
  typeof gate === 'string' && gate.startsWith('review.') ? 'review' : 'approve';
