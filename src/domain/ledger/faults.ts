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
  | 'signer_foreign'
  | 'key_foreign';

export interface LedgerFault {
  readonly kind: FaultKind;
  /** Absent for a checkpoint, and for a key of neither. */
  readonly stream?: string;
  /** Of the entry, or of the checkpoint, or of the first of several; 0 where there is none. */
  readonly seq: number;
  readonly reason: string;
}

export const sayMissing = (what: 'entry' | 'checkpoint', first: number, last: number): string => {
  if (first === last) return `${what} ${first} is missing`;
  return `${what === 'entry' ? 'entries' : 'checkpoints'} ${first} to ${last} are missing`;
};
