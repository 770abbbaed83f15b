import { digestsIn, garbageOf, type StoredBlob } from '../domain/artifact/collectGarbage.js';
import type { Digest } from '../domain/artifact/types.js';
import type { Inventory } from '../adapters/minio/inventory.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';

export interface Collected {
  readonly dryRun: boolean;
  readonly blobs: number;
  readonly named: number;
  readonly garbage: readonly StoredBlob[];
  readonly bytes: number;
  readonly abortedUploads: number;
}

const PAGE = 1_000;
const DAY_MS = 86_400_000;
/** JSON documents are smaller; larger blobs are weights and tables, which name nothing. */
const MAX_NAMING_BYTES = 8 * 1024 * 1024;
/** Logs of releases, rows of production and what steps keep between attempts name no blobs, and there are many. A model or a step may be named `logs`, too. */
const NAMES_NOTHING = /^(?:inference|labels|step-checkpoints)\/|^releases\/[^/]+\/[^/]+\/(?:told\.\d+\/)?logs\//;

/**
 * Finds blobs that nothing names, and deletes them unless it only looks. What the ledger, a release, an environment or
 * any other document names is kept, and so is what the documents name that those name.
 */
export const collectGarbage = async (
  store: BlobStore,
  ledger: Pick<BlobStore, 'getDocument' | 'listDocuments'>,
  inventory: Omit<Inventory, 'listObjects'>,
  { dryRun, graceMs, now }: { readonly dryRun: boolean; readonly graceMs: number; readonly now: number },
): Promise<Collected> => {
  if (graceMs < DAY_MS) throw new SlipwayError('usage', 'what is younger than a day may belong to a release under way');
  // Blobs first: one that is stored meanwhile is not looked at, and one that is named meanwhile is found named.
  const blobs = await inventory.listBlobs();
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  const named = await namedBy(store, ledger, sizes);
  const garbage = garbageOf(blobs, named, now, graceMs);
  if (!dryRun) for (const { digest } of garbage) await inventory.deleteBlob(digest);
  return {
    dryRun,
    blobs: blobs.length,
    named: blobs.filter(({ digest }) => named.has(digest)).length,
    garbage,
    bytes: garbage.reduce((sum, { size }) => sum + size, 0),
    abortedUploads: await inventory.abortUploadsBefore(now - DAY_MS, dryRun),
  };
};

const namedBy = async (
  store: BlobStore,
  ledger: Pick<BlobStore, 'getDocument' | 'listDocuments'>,
  sizes: ReadonlyMap<Digest, number>,
): Promise<ReadonlySet<Digest>> => {
  const named = new Set<Digest>();
  const queue: Digest[] = [];
  const note = (bytes: Uint8Array | undefined): void => {
    for (const digest of bytes === undefined ? [] : digestsIn(new TextDecoder().decode(bytes))) {
      if (named.has(digest)) continue;
      named.add(digest);
      queue.push(digest);
    }
  };
  for (const [bucket, everything] of [
    [ledger, true],
    [store, false],
  ] as const) {
    for await (const key of keysOf(bucket)) {
      if (key.startsWith('blobs/')) continue;
      // An artifact's own name is in the keys of its manifest and attestations.
      for (const [hex] of key.matchAll(/[0-9a-f]{64}/g)) note(new TextEncoder().encode(`sha256:${hex}`));
      if (everything || !NAMES_NOTHING.test(key)) note(await bucket.getDocument(key));
    }
  }
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    const size = sizes.get(digest);
    if (size !== undefined && size <= MAX_NAMING_BYTES) note(await store.getBlob(digest));
  }
  return named;
};

const keysOf = async function* (bucket: Pick<BlobStore, 'listDocuments'>): AsyncGenerator<string> {
  for (let startAfter: string | undefined; ;) {
    const page = await bucket.listDocuments('', { limit: PAGE, ...(startAfter === undefined ? {} : { startAfter }) });
    yield* page;
    if (page.length < PAGE) return;
    startAfter = page.at(-1);
  }
};
