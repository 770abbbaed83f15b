import { remediationKey, remediationMemoryKey, remediationsPrefix } from '../src/domain/incident/keys.js';
import {
  MAX_REMEMBERED,
  rememberRemediation,
  type RememberedRemediation,
  type RemediationMemory,
} from '../src/domain/incident/remediationMemory.js';
import type { BlobStore } from '../src/ports/blobStore.js';
import { encodeJson, readDocument } from './documents.js';

/** What was repaired in an environment, newest last; undefined where nothing was. */
export const readRemediations = async (
  store: BlobStore,
  model: string,
  environment: string,
): Promise<RemediationMemory | undefined> => {
  const keys = (await store.listDocuments(remediationsPrefix(model, environment))).slice(-MAX_REMEMBERED);
  const added = await Promise.all(keys.map((key) => readDocument<RememberedRemediation>(store, key)));
  // Kept in one document by earlier versions.
  const single = await readDocument<RemediationMemory>(store, remediationMemoryKey(model, environment));
  return added
    .filter((entry) => entry !== undefined)
    .reduce<RemediationMemory | undefined>(rememberRemediation, single);
};

/**
 * Adds a remediation as a document of its own: one list of all would be read and overwritten, and a writer that wakes up
 * late would forget what others added since, and with it the cooldown. Those that nobody looks at any more are cleared.
 */
export const addRemediation = async (
  store: BlobStore,
  model: string,
  environment: string,
  entry: RememberedRemediation,
): Promise<void> => {
  await store.putDocument(remediationKey(model, environment, entry), encodeJson(entry), 'application/json');
  const keys = await store.listDocuments(remediationsPrefix(model, environment));
  for (const key of keys.slice(0, -MAX_REMEMBERED)) await store.deleteDocument(key);
};
