import type { Digest } from '../domain/artifact/types.js';
import type { Spec } from '../domain/spec/types.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { jsonBlob } from './documents.js';

/** The spec that a release was told by, as its checks left it in the store; undefined where it came not that far. */
export const specOf = async (
  store: Pick<BlobStore, 'getBlob'>,
  entries: readonly LedgerEntry[],
): Promise<Spec | undefined> => {
  const evidence = entries.filter(({ kind }) => kind === 'stage.integrate').at(-1)?.body['evidence'];
  if (evidence === undefined) return undefined;
  const { specDigest } = await jsonBlob<{ specDigest: Digest }>(store, evidence as Digest);
  return jsonBlob<Spec>(store, specDigest);
};
