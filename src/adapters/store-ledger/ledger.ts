import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical.js';
import type { Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { entryAgain } from '../../domain/ledger/entryAgain.js';
import { headFault } from '../../domain/ledger/headFault.js';
import { isEntryOf, ledgerKey, ledgerPrefix } from '../../domain/ledger/keys.js';
import type { StoredEntry } from '../../domain/ledger/verifyChain.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { Ledger, LedgerEntry } from '../../ports/ledger.js';
import { eachOf } from './eachOf.js';
import type { SignedHeads } from './signedHeads.js';

const MAX_RACES = 50;
const PAGE = 1_000;
const STREAMS_REMEMBERED = 200;
const STREAMS_PER_CHECKPOINT = 100;

interface Stored extends StoredEntry {
  readonly entry: LedgerEntry;
}

/**
 * Hash chains in a bucket of their own. An entry is written under the next number with `If-None-Match: *`; who loses
 * the race reads what won and tries the number after it. The same entry ID is found again, never written twice, and
 * never with something else in it.
 *
 * @param signedHeads what checkpoints signed, to compare every stream with that is read; absent: it is not compared
 */
export const createStoreLedger = (
  bucket: BlobStore,
  sign: (streams: readonly string[]) => Promise<unknown> = async () => undefined,
  signedHeads?: SignedHeads,
): Ledger => {
  const unsigned = new Set<string>();
  // Entries never change: what was read once need not be read again to append to it.
  const remembered = new Map<string, readonly Stored[]>();
  const remember = (stream: string, chain: readonly Stored[]): void => {
    remembered.delete(stream);
    remembered.set(stream, chain);
    const [oldest] = remembered.keys();
    if (remembered.size > STREAMS_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  };

  return {
    checkpoint: async (streams) => {
      for (const stream of streams) unsigned.add(stream);
      const asked = [...unsigned].slice(0, STREAMS_PER_CHECKPOINT);
      try {
        await sign(asked);
        for (const stream of asked) unsigned.delete(stream);
        return undefined;
      } catch (error) {
        if (!(error instanceof SlipwayError)) throw error;
        return error.message;
      }
    },
    read: async (stream) => {
      // In this order: what is signed while the chain is read is not missing from it.
      const head = await signedHeads?.of(stream);
      const chain = await readChain(bucket, stream, []);
      const fault = headFault(chain, head);
      if (fault !== undefined) throw new SlipwayError('ledger_tampered', `${stream}: ${fault}`);
      return chain.map(({ entry }) => entry);
    },
    append: async (stream, entryId, kind, at, body) => {
      for (let race = 0; race < MAX_RACES; race += 1) {
        const chain = await readChain(bucket, stream, remembered.get(stream) ?? []);
        remember(stream, chain);
        const known = chain.find(({ entry }) => entry.entryId === entryId);
        if (known !== undefined) return entryAgain(known.entry, { kind, body });
        const last = chain.at(-1);
        const entry: LedgerEntry = {
          stream,
          seq: (last?.entry.seq ?? 0) + 1,
          ...(last === undefined ? {} : { previous: last.digest }),
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

/** The chain as it is stored, from the first entry that is not known yet. */
const readChain = async (bucket: BlobStore, stream: string, known: readonly Stored[]): Promise<readonly Stored[]> => {
  const chain = [...known];
  for (let startAfter = known.length === 0 ? undefined : ledgerKey(stream, known.length); ;) {
    const keys = await bucket.listDocuments(ledgerPrefix(stream), {
      limit: PAGE,
      ...(startAfter === undefined ? {} : { startAfter }),
    });
    const entries = keys.filter((key) => isEntryOf(stream, key));
    const page: Stored[] = [];
    await eachOf([...entries.entries()], async ([index, key]) => void (page[index] = await entryAt(bucket, key)));
    chain.push(...page);
    if (keys.length < PAGE) return chain;
    startAfter = keys.at(-1);
  }
};

const written = async (bucket: BlobStore, entry: LedgerEntry): Promise<boolean> => {
  try {
    await bucket.createDocument(ledgerKey(entry.stream, entry.seq), new TextEncoder().encode(canonicalJson(entry)));
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
    throw error;
  }
};

const entryAt = async (bucket: BlobStore, key: string): Promise<Stored> => {
  const body = await bucket.getDocument(key);
  if (body === undefined) throw new SlipwayError('not_found', `the ledger entry ${key} has gone`);
  return { entry: JSON.parse(new TextDecoder().decode(body)) as LedgerEntry, digest: digestOf(body) };
};

const digestOf = (body: Uint8Array): Digest => `sha256:${createHash('sha256').update(body).digest('hex')}`;
