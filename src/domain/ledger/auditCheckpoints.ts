import type { Digest } from '../artifact/types.js';
import type { Checkpoint } from './checkpoint.js';
import { sayMissing, type LedgerFault } from './faults.js';

/** What a look at a checkpoint's envelope found. */
export type OpenedCheckpoint =
  | { readonly kind: 'signed'; readonly checkpoint: Checkpoint }
  /** No key of this installation is named. */
  | { readonly kind: 'foreign'; readonly keyids: readonly string[] }
  /** A key of this installation is named, and did not sign this. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'unreadable' };

export interface PlacedCheckpoint {
  /** Of the key. */
  readonly seq: number;
  readonly digest: Digest;
  readonly opened: OpenedCheckpoint;
}

/**
 * Every fault of the checkpoints: a signature that is not ours, a hole, one that does not follow the one before.
 *
 * @param known digest of a checkpoint that was kept elsewhere: it must be among them, or their tail was cut
 */
export const auditCheckpoints = (placed: readonly PlacedCheckpoint[], known?: Digest): readonly LedgerFault[] => {
  const bySeq = new Map(placed.map((one) => [one.seq, one]));
  const inOrder = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const last = inOrder.at(-1)?.seq ?? 0;
  const faults: LedgerFault[] = [];
  let expected = 1;
  for (const here of inOrder) {
    if (here.seq > expected)
      faults.push(
        named(
          'checkpoint_missing',
          expected,
          `${sayMissing('checkpoint', expected, here.seq - 1)}, and later ones are there`,
        ),
      );
    expected = here.seq + 1;
    const fault = judge(here, bySeq.get(here.seq - 1));
    if (fault !== undefined) faults.push(fault);
  }
  if (known !== undefined && !placed.some(({ digest }) => digest === known))
    faults.push(named('checkpoint_missing', last + 1, `no checkpoint is ${known}, which was kept elsewhere`));
  return faults;
};

const named = (kind: LedgerFault['kind'], seq: number, reason: string): LedgerFault => ({ kind, seq, reason });

const judge = ({ seq, opened }: PlacedCheckpoint, before: PlacedCheckpoint | undefined): LedgerFault | undefined => {
  if (opened.kind === 'unreadable')
    return named('checkpoint_unreadable', seq, `checkpoint ${seq} is no signed checkpoint`);
  if (opened.kind === 'foreign') {
    const by = opened.keyids.map((keyid) => keyid.slice(0, 16)).join(', ') || 'nobody';
    return named(
      'signer_foreign',
      seq,
      `checkpoint ${seq} was signed by ${by}, which is no ledger key that is trusted`,
    );
  }
  if (opened.kind === 'changed')
    return named('checkpoint_changed', seq, `checkpoint ${seq} was changed: its signature is not of these bytes`);
  const { checkpoint } = opened;
  if (checkpoint.seq !== seq)
    return named('checkpoint_moved', seq, `checkpoint ${checkpoint.seq} stands at place ${seq}`);
  if (before !== undefined && checkpoint.previous !== before.digest)
    return named(
      'checkpoint_changed',
      seq - 1,
      `checkpoint ${seq - 1} is not the one that checkpoint ${seq} was signed after`,
    );
  return undefined;
};
