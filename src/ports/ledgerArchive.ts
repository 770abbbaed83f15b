import type { Digest } from '../domain/artifact/types.js';
import type { LedgerAudit } from '../domain/ledger/auditLedger.js';
import type { LedgerEntry } from './ledger.js';

/** The ledger as who verifies it has it: its bucket, or a copy in a folder, and nothing that runs. */
export interface LedgerArchive {
  /** Judges the whole ledger, or these streams of it. */
  audit(options?: { readonly known?: Digest; readonly only?: readonly string[] }): Promise<LedgerAudit>;
  /** Names of streams whose keys begin so. */
  streams(prefix: string): Promise<readonly string[]>;
  /** Every entry of a stream that can be read, by its place. */
  read(stream: string): Promise<readonly LedgerEntry[]>;
}
