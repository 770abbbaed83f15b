import type { Digest } from '../artifact/types.js';

export interface StoredBlob {
  readonly digest: Digest;
  readonly size: number;
  /** When it was stored, epoch milliseconds. */
  readonly at: number;
}

const DIGEST = /sha256:[0-9a-f]{64}/g;

/** Every digest that a text names. Whatever is named anywhere is kept: to guess what a name means would be a risk. */
export const digestsIn = (text: string): readonly Digest[] => [...new Set(text.match(DIGEST) ?? [])] as Digest[];

/**
 * Blobs that may go: nothing names them, and they are older than a release that is under way could be. Activities store
 * first and name afterwards, so what is young may be named in a moment.
 */
export const garbageOf = (
  blobs: readonly StoredBlob[],
  named: ReadonlySet<Digest>,
  now: number,
  graceMs: number,
): readonly StoredBlob[] => blobs.filter(({ digest, at }) => !named.has(digest) && now - at > graceMs);
