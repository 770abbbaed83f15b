import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { encodeJson, releaseKey } from './documents.js';

/** The view goes last, because it is what readers ask for. */
const NAMES = ['evidence.json', 'report.html', 'release.json'] as const;

/**
 * Moves what a release left behind to `told.<n>`, so that what is told now takes its place. May run twice: what was moved
 * is not there to be moved again. That all was moved is written down before the release goes on, so that an attempt that
 * wakes up late leaves alone what came afterwards: somebody may be deciding on it.
 */
export const putAside = async (store: BlobStore, releaseId: string, number: number): Promise<void> => {
  const folder = `releases/${releaseKey(releaseId)}`;
  const aside = `${folder}/told.${number}`;
  const done = `${aside}/complete.json`;
  const isDone = async (): Promise<boolean> => (await store.getDocument(done)) !== undefined;
  if (await isDone()) return;
  for (const name of NAMES) {
    const body = await store.getDocument(`${folder}/${name}`);
    if (body === undefined || !(await copied(store, `${aside}/${name}`, body))) continue;
    const now = await store.getDocument(`${folder}/${name}`);
    const same = now !== undefined && Buffer.compare(now, body) === 0;
    // The same bytes can come again, from whoever goes on. No store deletes on a condition: this look is the last thing.
    if (same && !(await isDone())) await store.deleteDocument(`${folder}/${name}`);
  }
  await store.createDocument(done, encodeJson({ number }));
};

/** False where something else was put aside under this name before. */
const copied = async (store: BlobStore, key: string, body: Uint8Array): Promise<boolean> => {
  try {
    await store.createDocument(key, body);
    return true;
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'precondition_failed') return false;
    throw error;
  }
};
