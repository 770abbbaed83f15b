import type { DecisionStatement } from '../approval/types.js';
import type { Digest } from '../artifact/types.js';
import { sayMissing, type LedgerFault } from './faults.js';
import { sayChanged, sayCut, type SignedHead } from './headFault.js';
import { decisionFault, isCountedDecision } from './judgeDecision.js';
import type { StoredEntry } from './verifyChain.js';

/** What stands under the key of one entry. */
export interface PlacedEntry {
  /** Of the key. */
  readonly seq: number;
  readonly digest: Digest;
  /** Absent where the bytes are no entry. */
  readonly entry?: StoredEntry['entry'] & {
    readonly kind?: string;
    readonly body?: Readonly<Record<string, unknown>>;
  };
  /** What somebody signed, of a decision that counted; absent where no key that is trusted signed it. */
  readonly signed?: DecisionStatement;
}

/**
 * Every fault of one stream: against itself, and against what checkpoints signed of it. The chain alone shows a changed
 * entry by the one that follows it, and a hole; that the tail was cut, or its last entry changed, only the checkpoints
 * show. That a decision was made, only its own signature shows: who can write here can write a whole chain.
 */
export const auditStream = (
  stream: string,
  placed: readonly PlacedEntry[],
  signed: readonly SignedHead[],
): readonly LedgerFault[] => {
  const bySeq = new Map(placed.map((one) => [one.seq, one]));
  const faults = new Map<string, LedgerFault>();
  const found = (kind: LedgerFault['kind'], seq: number, reason: string): void => {
    const name = `${kind} ${seq}`;
    if (!faults.has(name)) faults.set(name, { kind, stream, seq, reason });
  };
  const inOrder = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const last = inOrder.at(-1)?.seq ?? 0;
  const ids = new Map<string, number>();
  let expected = 1;
  for (const here of inOrder) {
    const { seq } = here;
    // One fault for all of a hole: whoever can write here can make one of billions.
    if (seq > expected)
      found('entry_missing', expected, `${sayMissing('entry', expected, seq - 1)}, and entries after that are there`);
    expected = seq + 1;
    const misplaced = placeFault(stream, here);
    if (misplaced !== undefined) {
      found(misplaced.kind, seq, misplaced.reason);
      continue;
    }
    const { previous, entryId = '', kind = '', body = {} } = here.entry ?? {};
    const unsigned = isCountedDecision({ kind, body }) ? decisionFault(stream, { body }, here.signed) : undefined;
    if (unsigned !== undefined) found('decision_unsigned', seq, `entry ${seq} counts a decision, and ${unsigned}`);
    const before = bySeq.get(seq - 1);
    if (seq === 1 ? previous !== undefined : before !== undefined && previous !== before.digest) {
      if (seq === 1) found('entry_missing', 1, `entry 1 names one before it, which is missing`);
      else if (before !== undefined && placeFault(stream, before) === undefined)
        found('entry_changed', seq - 1, `entry ${seq - 1} was changed: entry ${seq} was written after another one`);
    }
    const first = ids.get(entryId);
    if (first !== undefined) found('entry_repeated', seq, `entry ${seq} repeats ${entryId} of entry ${first}`);
    ids.set(entryId, first ?? seq);
  }
  for (const head of signed) {
    const here = bySeq.get(head.seq);
    if (here !== undefined && here.digest !== head.digest && placeFault(stream, here) === undefined)
      found('entry_changed', head.seq, sayChanged(head));
  }
  const cut = cutTail(last, signed);
  if (cut !== undefined) found('tail_cut', last + 1, cut);
  return [...faults.values()];
};

const placeFault = (
  stream: string,
  { seq, entry }: PlacedEntry,
): { readonly kind: LedgerFault['kind']; readonly reason: string } | undefined => {
  if (entry === undefined) return { kind: 'entry_unreadable', reason: `entry ${seq} is no entry of a ledger` };
  if (entry.stream !== stream)
    return { kind: 'entry_moved', reason: `entry ${entry.seq} of ${entry.stream} stands at place ${seq}` };
  if (entry.seq !== seq) return { kind: 'entry_moved', reason: `entry ${entry.seq} stands at place ${seq}` };
  return undefined;
};

const cutTail = (last: number, signed: readonly SignedHead[]): string | undefined => {
  const highest = signed.reduce<SignedHead | undefined>(
    (top, one) => (one.seq > (top?.seq ?? 0) ? one : top),
    undefined,
  );
  return highest === undefined || highest.seq <= last ? undefined : sayCut(last, highest);
};
