import type { Digest } from '../artifact/types.js';
import { auditCheckpoints, type PlacedCheckpoint } from './auditCheckpoints.js';
import { auditStream, type PlacedEntry } from './auditStream.js';
import type { LedgerFault } from './faults.js';
import type { SignedHead } from './headFault.js';

export interface LedgerAudit {
  readonly ok: boolean;
  readonly streams: number;
  readonly entries: number;
  readonly checkpoints: number;
  /** Entries after the newest signed head of their stream: that these are all, nothing shows yet. */
  readonly unsigned: number;
  /** The newest checkpoint: kept elsewhere, its digest shows later that no checkpoint was cut off. */
  readonly newest?: { readonly seq: number; readonly digest: Digest; readonly at: number };
  readonly faults: readonly LedgerFault[];
}

/** A ledger as it is stored. */
export interface StoredLedger {
  readonly streams: ReadonlyMap<string, readonly PlacedEntry[]>;
  readonly checkpoints: readonly PlacedCheckpoint[];
  /** Keys among those of entries and checkpoints that are none of either. */
  readonly foreign: readonly string[];
}

/**
 * Judges a whole ledger. Only checkpoints that are signed by a trusted key are believed.
 *
 * @param known digest of a checkpoint that was kept elsewhere
 * @param only the streams that were read, where they are not all
 */
export const auditLedger = (
  { streams, checkpoints, foreign }: StoredLedger,
  { known, only }: { readonly known?: Digest; readonly only?: readonly string[] } = {},
): LedgerAudit => {
  const heads = signedHeads(checkpoints);
  const names = [...new Set(only ?? [...streams.keys(), ...heads.keys()])].sort();
  const faults = [
    ...auditCheckpoints(checkpoints, known),
    ...names.flatMap((name) => auditStream(name, streams.get(name) ?? [], heads.get(name) ?? [])),
    ...[...foreign].sort().map(foreignKey),
  ];
  const newest = checkpoints.reduce<PlacedCheckpoint | undefined>(
    (top, one) => (one.opened.kind === 'signed' && one.seq > (top?.seq ?? 0) ? one : top),
    undefined,
  );
  return {
    ok: faults.length === 0,
    streams: names.length,
    entries: names.reduce((sum, name) => sum + (streams.get(name)?.length ?? 0), 0),
    checkpoints: checkpoints.length,
    unsigned: names.reduce((sum, name) => sum + unsignedOf(streams.get(name) ?? [], heads.get(name) ?? []), 0),
    ...(newest?.opened.kind === 'signed'
      ? { newest: { seq: newest.seq, digest: newest.digest, at: newest.opened.checkpoint.at } }
      : {}),
    faults,
  };
};

/** Whoever looks it up by another spelling of its key would read something else than everybody else. */
const foreignKey = (key: string): LedgerFault => ({
  kind: 'key_foreign',
  seq: 0,
  reason: `${JSON.stringify(key)} is the key of no entry and of no checkpoint`,
});

const signedHeads = (checkpoints: readonly PlacedCheckpoint[]): ReadonlyMap<string, readonly SignedHead[]> => {
  const heads = new Map<string, SignedHead[]>();
  for (const { opened } of checkpoints) {
    if (opened.kind !== 'signed') continue;
    for (const [stream, head] of Object.entries(opened.checkpoint.heads))
      heads.set(stream, [...(heads.get(stream) ?? []), { ...head, checkpoint: opened.checkpoint.seq }]);
  }
  return heads;
};

const unsignedOf = (placed: readonly PlacedEntry[], signed: readonly SignedHead[]): number => {
  const covered = signed.reduce((highest, { seq }) => Math.max(highest, seq), 0);
  return placed.filter(({ seq }) => seq > covered).length;
};
