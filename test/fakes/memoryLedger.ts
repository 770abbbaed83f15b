import { createHash } from 'node:crypto';
import { entryAgain } from '../../src/domain/ledger/entryAgain.js';
import type { Ledger, LedgerEntry } from '../../src/ports/ledger.js';

/** A Ledger in memory; streams are lists, chained as the real ones are. */
export const createMemoryLedger = (): Ledger => {
  const streams = new Map<string, LedgerEntry[]>();
  return {
    checkpoint: async () => undefined,
    read: async (stream) => [...(streams.get(stream) ?? [])],
    append: async (stream, entryId, kind, at, body) => {
      const chain = streams.get(stream) ?? [];
      streams.set(stream, chain);
      const known = chain.find((entry) => entry.entryId === entryId);
      if (known !== undefined) return entryAgain(known, { kind, body });
      const last = chain.at(-1);
      const previous =
        last === undefined
          ? {}
          : { previous: `sha256:${createHash('sha256').update(JSON.stringify(last)).digest('hex')}` as const };
      const entry: LedgerEntry = { stream, seq: chain.length + 1, ...previous, kind, entryId, at, body };
      chain.push(entry);
      return entry;
    },
  };
};
