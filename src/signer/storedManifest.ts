import type { Manifest } from '../domain/artifact/manifest.js';
import { readManifest } from '../domain/artifact/readManifest.js';
import type { Digest } from '../domain/artifact/types.js';
import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';

/** What an artifact consists of; nothing is signed of one whose manifest is none, or names a file that leads elsewhere. */
export const storedManifest = async (store: Pick<BlobStore, 'getBlob'>, artifact: Digest): Promise<Manifest> => {
  // getBlob computes the digest again; a manifest that is not what its name says is never returned.
  const read = readManifest(parsed(await store.getBlob(artifact)));
  if (!read.ok) throw new SlipwayError('request_invalid', `${artifact} is no manifest of a model: ${read.reason}`);
  return read.manifest;
};

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
