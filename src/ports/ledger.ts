import type { Digest } from '../domain/artifact/types.js';

export interface LedgerEntry {
  readonly stream: string;
  readonly seq: number;
  /** Digest of the entry before; absent for the first. */
  readonly previous?: Digest;
  readonly kind: string;
  /** Makes a repeated append find the first entry again. */
  readonly entryId: string;
  readonly at: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One append-only hash chain per stream (a workflow ID), at `ledger/<stream>/<seq>`. */
export interface Ledger {
  /**
   * Appended again, at whatever time, it is the entry that is there. `entry_taken` where the ID has another kind or body.
   */
  append(
    stream: string,
    entryId: string,
    kind: string,
    at: number,
    body: Readonly<Record<string, unknown>>,
  ): Promise<LedgerEntry>;
  /** In order; `ledger_tampered` where it is compared with what checkpoints signed, and is less or something else. */
  read(stream: string): Promise<readonly LedgerEntry[]>;
  /**
   * Has the signer sign the heads of these streams. What cannot be signed now is signed with the next ones: a record
   * that was written stands, whoever cannot sign it.
   * @returns why it was not signed
   */
  checkpoint(streams: readonly string[]): Promise<string | undefined>;
}
