import { canonicalJson } from '../src/domain/canonical.js';
import type { Digest } from '../src/domain/artifact/types.js';
import { SlipwayError } from '../src/domain/errors/slipwayError.js';
import type { BlobStore } from '../src/ports/blobStore.js';

/** `<model>/<commit>[.<n>]`: a release's ID without its kind, as keys of the store have it. */
export const releaseKey = (releaseId: string): string => releaseId.replace(/^release\//, '');

export const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalJson(value));

/** Stores a value as canonical JSON (RFC 8785); the same value has the same digest everywhere. */
export const putJson = async (store: BlobStore, value: unknown): Promise<Digest> =>
  (await store.putBlob(encodeJson(value))).digest;

export const getJson = async <T>(store: BlobStore, digest: Digest): Promise<T> =>
  decode<T>(await store.getBlob(digest), digest);

export const readDocument = async <T>(store: BlobStore, key: string): Promise<T | undefined> => {
  const body = await store.getDocument(key);
  return body === undefined ? undefined : decode<T>(body, key);
};

const decode = <T>(body: Uint8Array, name: string): T => {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as T;
  } catch (cause) {
    throw new SlipwayError('digest_mismatch', `${name} is not JSON`, {}, { cause });
  }
};
