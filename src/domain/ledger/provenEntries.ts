import type { Digest } from '../artifact/types.js';
import { SlipwayError } from '../errors/slipwayError.js';
import { verifyChain, type StoredEntry } from './verifyChain.js';

/**
 * The entries of a stream where they are authority: a chain that was changed is none (`ledger_tampered`).
 *
 * @param digestOf digest of a value in canonical JSON, as entries are stored
 */
export const provenEntries = <E extends StoredEntry['entry']>(
  stream: string,
  entries: readonly E[],
  digestOf: (value: unknown) => Digest,
): readonly E[] => {
  const verdict = verifyChain(
    stream,
    entries.map((entry) => ({ entry, digest: digestOf(entry) })),
  );
  if (!verdict.ok) throw new SlipwayError('ledger_tampered', `${stream}: ${verdict.reason}`);
  return entries;
};
