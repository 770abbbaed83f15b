import type { Digest } from '../artifact/types.js';
import type { TrafficCounters } from './types.js';

/** Kind of the entry that has the champion's counters of before a switch. */
export const MEASURED = 'rollout.measured';

interface Entry {
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Evidence of what the champion did before the switch, as the stream of its rollout has it last. */
export const measuredBefore = (entries: readonly Entry[], champion: Digest): Digest | undefined =>
  entries.findLast(({ kind, body }) => kind === MEASURED && body['champion'] === champion)?.body['evidence'] as
    Digest | undefined;

/** What the evidence of a measurement holds. */
export interface ChampionEvidence {
  readonly measured: { readonly counters: readonly TrafficCounters[] };
}
