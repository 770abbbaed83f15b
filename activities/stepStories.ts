import type { StepStory } from '../src/domain/build/story.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { encodeJson, readDocument, releaseKey } from './documents.js';

const keyOf = (releaseId: string): string => `releases/${releaseKey(releaseId)}/steps.json`;

/** What became of each step so far; written again whenever one has ended, also of a build that fails. */
export const tellSteps = (store: BlobStore, releaseId: string, steps: readonly StepStory[]): Promise<void> =>
  store.putDocument(keyOf(releaseId), encodeJson({ steps }), 'application/json');

export const readSteps = async (store: BlobStore, releaseId: string): Promise<readonly StepStory[]> =>
  (await readDocument<{ readonly steps: readonly StepStory[] }>(store, keyOf(releaseId)))?.steps ?? [];
