import type { Digest } from '../domain/artifact/types.js';
import type { BlobStore } from '../ports/blobStore.js';

export const documentOf = async <T>(store: Pick<BlobStore, 'getDocument'>, key: string): Promise<T | undefined> => {
  const body = await store.getDocument(key);
  return body === undefined ? undefined : parsed<T>(body);
};

export const jsonBlob = async <T>(store: Pick<BlobStore, 'getBlob'>, digest: Digest): Promise<T> =>
  parsed<T>(await store.getBlob(digest));

const parsed = <T>(body: Uint8Array): T => JSON.parse(new TextDecoder().decode(body)) as T;
