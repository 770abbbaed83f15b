import type { IncidentView } from './types.js';

export interface EscalationPolicy {
  /** Who hears of it, in order; the first one is told when the incident opens. */
  readonly owners: readonly string[];
  /** How long each has to acknowledge before the next one is told, milliseconds. */
  readonly escalateAfterMs: number;
}

export type NextEscalation =
  /** `told` is how many owners have been told once this one is. */
  | { readonly kind: 'tell'; readonly owner: string; readonly at: number; readonly told: number }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * Who is told of an incident next, and when (epoch milliseconds, never before `now`). Each owner is told once; an
 * acknowledgement ends it.
 *
 * @param told owners told so far
 */
export const nextEscalation = (
  { owners, escalateAfterMs }: EscalationPolicy,
  incident: Pick<IncidentView, 'openedAt' | 'acknowledgedAt' | 'resolvedAt'>,
  told: number,
  now: number,
): NextEscalation => {
  if (incident.resolvedAt !== undefined) return { kind: 'none', reason: 'the incident is resolved' };
  if (incident.acknowledgedAt !== undefined) return { kind: 'none', reason: 'the incident is acknowledged' };
  const owner = owners[told];
  if (owner === undefined) return { kind: 'none', reason: 'every owner was told' };
  const at = incident.openedAt + told * Math.max(0, escalateAfterMs);
  return { kind: 'tell', owner, at: Math.max(at, now), told: told + 1 };
};
