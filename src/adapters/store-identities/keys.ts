import type { BlobStore } from '../../ports/blobStore.js';

const PAGE = 1_000;

/** Every key below a prefix, ascending. */
export const keysBelow = async (
  store: Pick<BlobStore, 'listDocuments'>,
  prefix: string,
): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (;;) {
    const last = keys.at(-1);
    const page = await store.listDocuments(prefix, {
      limit: PAGE,
      ...(last === undefined ? {} : { startAfter: last }),
    });
    keys.push(...page);
    if (page.length < PAGE) return keys;
  }
};
