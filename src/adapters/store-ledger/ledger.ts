import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { ledgerKey, ledgerPrefix } from '../../domain/ledger/keys.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { Ledger, LedgerEntry } from '../../ports/ledger.js';

const MAX_RACES = 50;
const PAGE = 1_000;

/**
 * Hash chains in a bucket of their own. An entry is written under the next number with `If-None-Match: *`; who loses
 * the race reads what won and tries the number after it. The same entry ID is found again, never written twice.
 */
export const createStoreLedger = (bucket: BlobStore): Ledger => {
  const read = async (stream: string): Promise<readonly LedgerEntry[]> => {
    const entries: LedgerEntry[] = [];
    for (let startAfter: string | undefined; ;) {
      const keys = await bucket.listDocuments(ledgerPrefix(stream), {
        limit: PAGE,
        ...(startAfter === undefined ? {} : { startAfter }),
      });
      for (const key of keys) entries.push(await entryAt(bucket, key));
      if (keys.length < PAGE) return entries;
      startAfter = keys.at(-1);
    }
  };
  return {
    read,
    append: async (stream, entryId, kind, at, body) => {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const entries = await read(stream);
        const known = entries.find((entry) => entry.entryId === entryId);
        if (known !== undefined) return known;
        const last = entries.at(-1);
        const entry: LedgerEntry = {
          stream,
          seq: (last?.seq ?? 0) + 1,
          ...(last === undefined ? {} : { previous: digestOf(last) }),
          kind,
          entryId,
          at,
          body,
        };
        if (await written(bucket, entry)) return entry;
      }
      throw new SlipwayError('store_unreachable', `the ledger of ${stream} could not be extended: too many writers`);
    },
  };
};

const written = async (bucket: BlobStore, entry: LedgerEntry): Promise<boolean> => {
  try {
    await bucket.createDocument(ledgerKey(entry.stream, entry.seq), encode(entry));
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
    throw error;
  }
};

const entryAt = async (bucket: BlobStore, key: string): Promise<LedgerEntry> => {
  const body = await bucket.getDocument(key);
  if (body === undefined) throw new SlipwayError('not_found', `the ledger entry ${key} has gone`);
  return JSON.parse(new TextDecoder().decode(body)) as LedgerEntry;
};

const encode = (entry: LedgerEntry): Uint8Array => new TextEncoder().encode(canonicalJson(entry));

const digestOf = (entry: LedgerEntry): Digest => `sha256:${createHash('sha256').update(encode(entry)).digest('hex')}`;
