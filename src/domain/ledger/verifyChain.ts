import type { Digest } from '../artifact/types.js';

/** An entry as it is stored, with the digest of its bytes. */
export interface StoredEntry {
  readonly digest: Digest;
  readonly entry: {
    readonly stream: string;
    readonly seq: number;
    readonly previous?: Digest;
    readonly entryId: string;
  };
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head?: Digest }
  | { readonly ok: false; readonly seq: number; readonly reason: string };

/** An entry that is known to be right; what follows it is judged from there. */
export interface ChainHead {
  readonly seq: number;
  readonly digest: Digest;
}

/**
 * Is this the whole chain of a stream, in order and unchanged, from its first entry on? What it cannot show is that
 * its tail was cut: compare `head` with a signed checkpoint for that.
 *
 * @param after where `chain` is not the whole stream, the entry before its first
 */
export const verifyChain = (stream: string, chain: readonly StoredEntry[], after?: ChainHead): ChainVerdict => {
  let previous: Digest | undefined = after?.digest;
  const seen = new Set<string>();
  for (const [index, { entry, digest }] of chain.entries()) {
    const seq = (after?.seq ?? 0) + index + 1;
    if (entry.seq !== seq) return { ok: false, seq, reason: `entry ${seq} is missing` };
    if (entry.stream !== stream) return { ok: false, seq, reason: `entry ${seq} belongs to ${entry.stream}` };
    if (entry.previous !== previous)
      return { ok: false, seq, reason: `entry ${seq} does not follow entry ${seq - 1} as it is stored` };
    if (seen.has(entry.entryId)) return { ok: false, seq, reason: `entry ${seq} repeats ${entry.entryId}` };
    seen.add(entry.entryId);
    previous = digest;
  }
  return { ok: true, entries: chain.length, ...(previous === undefined ? {} : { head: previous }) };
};
