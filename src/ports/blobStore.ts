import type { BlobRef, Digest } from '../domain/artifact/types.js';

/**
 * Content-addressed blobs and named documents of one installation, on any S3 store.
 * Blobs live at `blobs/sha256/<hex>`, are written once, and every read checks the digest
 * (`digest_mismatch`). Errors: `store_unreachable`, `store_full`, `not_found`, `precondition_failed`.
 */
export interface BlobStore {
  /** Uploads bytes or a file; a blob that is there already costs one HEAD. */
  putBlob(source: Uint8Array | { readonly path: string }): Promise<BlobRef>;
  /** The whole blob, checked; refuses more than `maxBytes` (default 64 MiB). */
  getBlob(digest: Digest, maxBytes?: number): Promise<Uint8Array>;
  /** Streams the blob to a file (written beside and renamed), checked before the file has its name. */
  getBlobToFile(digest: Digest, path: string): Promise<BlobRef>;
  hasBlob(digest: Digest): Promise<BlobRef | undefined>;

  /** Writes a document that must not exist. `created: false`: it exists with the same bytes; other bytes: `precondition_failed`. */
  createDocument(key: string, body: Uint8Array): Promise<{ readonly created: boolean }>;
  /** Writes a document whatever was there (projections and reports only). */
  putDocument(key: string, body: Uint8Array, contentType?: string): Promise<void>;
  getDocument(key: string): Promise<Uint8Array | undefined>;
  /** Keys below a prefix, ascending, at most `limit` (default 1,000), after `startAfter`. */
  listDocuments(
    prefix: string,
    options?: { readonly limit?: number; readonly startAfter?: string },
  ): Promise<readonly string[]>;
  deleteDocument(key: string): Promise<void>;
}
