import type { Watermark } from '../src/domain/drift/dueWindows.js';
import { furthestMark, isBehind } from '../src/domain/drift/furthestMark.js';
import { markKey, markOf, singleMarkKey, watermarkPrefix } from '../src/domain/drift/keys.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { encodeJson, readDocument } from './documents.js';

/** How far an environment was measured: the furthest of all marks. */
export const readWatermark = async (
  store: BlobStore,
  model: string,
  environment: string,
): Promise<Watermark | undefined> => {
  const keys = await store.listDocuments(watermarkPrefix(model, environment));
  // Kept in one document by earlier versions.
  const single = await readDocument<Watermark>(store, singleMarkKey(model, environment));
  return furthestMark([...keys.map(markOf), single]);
};

/**
 * Adds a mark. No store can be asked to write only what is higher than what is there, and a writer that wakes up late
 * would overwrite; a mark that is added behind others changes nothing.
 */
export const addMark = (store: BlobStore, model: string, environment: string, mark: Watermark): Promise<void> =>
  store.putDocument(markKey(model, environment, mark), encodeJson(mark), 'application/json');

/** Takes away the marks behind this one; it stays itself, so that whoever reads meanwhile finds it. */
export const clearMarksBehind = async (
  store: BlobStore,
  model: string,
  environment: string,
  mark: Watermark,
): Promise<void> => {
  for (const key of await store.listDocuments(watermarkPrefix(model, environment))) {
    const other = markOf(key);
    if (other !== undefined && isBehind(other, mark)) await store.deleteDocument(key);
  }
};
