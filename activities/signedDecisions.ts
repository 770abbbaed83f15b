import type { DecisionStatement } from '../src/domain/approval/types.js';
import { isCountedDecision, signedDecision } from '../src/domain/ledger/judgeDecision.js';
import type { LedgerEntry } from '../src/ports/ledger.js';
import type { Ports } from './ports.js';

/** What people signed of the decisions that a release's stream has as counted, by number of the entry. */
export const signedDecisions = async (
  { decisions }: Pick<Ports, 'decisions'>,
  entries: readonly LedgerEntry[],
): Promise<ReadonlyMap<number, DecisionStatement>> => {
  const signed = new Map<number, DecisionStatement>();
  for (const entry of entries.filter(isCountedDecision)) {
    const claims = await signedDecision(entry, (statement) => decisions.verify(statement));
    if (claims !== undefined) signed.set(entry.seq, claims);
  }
  return signed;
};
