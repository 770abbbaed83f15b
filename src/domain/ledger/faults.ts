/** What an audit can find, by name; docs/audit.md says what each means. */
export type FaultKind =
  | 'entry_changed'
  | 'entry_missing'
  | 'tail_cut'
  | 'entry_moved'
  | 'entry_repeated'
  | 'entry_unreadable'
  | 'decision_unsigned'
  | 'checkpoint_changed'
  | 'checkpoint_missing'
  | 'checkpoint_moved'
  | 'checkpoint_unreadable'
  | 'signer_foreign';

export interface LedgerFault {
  readonly kind: FaultKind;
  /** Absent for a checkpoint. */
  readonly stream?: string;
  /** Of the entry, or of the checkpoint. */
  readonly seq: number;
  readonly reason: string;
}
