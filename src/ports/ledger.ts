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
  append(
    stream: string,
    entryId: string,
    kind: string,
    at: number,
    body: Readonly<Record<string, unknown>>,
  ): Promise<LedgerEntry>;
  read(stream: string): Promise<readonly LedgerEntry[]>;
}
