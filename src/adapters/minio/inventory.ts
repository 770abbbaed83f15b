import type { Client } from 'minio';
import type { StoredBlob } from '../../domain/artifact/collectGarbage.js';
import type { Digest } from '../../domain/artifact/types.js';
import type { Control } from './controlClient.js';
import type { S3Client } from './s3Client.js';
import { clientError } from './storeErrors.js';

/** One object as the store lists it. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  /** When it was stored, epoch milliseconds. */
  readonly at: number;
  /** As long as it is the same, so are the bytes. */
  readonly etag: string;
}

/** What a bucket holds, for who collects garbage or copies the whole; nothing else deletes a blob. */
export interface Inventory {
  /** Every object below a prefix, by key. */
  listObjects(prefix: string): Promise<readonly StoredObject[]>;
  listBlobs(): Promise<readonly StoredBlob[]>;
  deleteBlob(digest: Digest): Promise<void>;
  /**
   * Gives up uploads of blobs in parts that were begun before, and never completed. MinIO tells of those that were begun
   * since it started, and ends the others itself after a day.
   */
  abortUploadsBefore(at: number, dryRun: boolean): Promise<number>;
}

const BLOBS = 'blobs/sha256/';

export const createInventory = (client: S3Client, control: Control): Inventory => {
  const { bucket, endpoint } = client.options;
  const listObjects = async (prefix: string): Promise<readonly StoredObject[]> => {
    const found: StoredObject[] = [];
    try {
      for await (const { name, size, lastModified, etag } of (await control()).listObjectsV2(
        bucket,
        prefix,
        true,
      ) as AsyncIterable<Listed>)
        if (name !== undefined) found.push({ key: name, size, at: lastModified.getTime(), etag: etag ?? '' });
    } catch (error) {
      throw clientError(`listing ${prefix === '' ? bucket : prefix}`, endpoint, error);
    }
    return found;
  };
  return {
    listObjects,
    listBlobs: async () =>
      (await listObjects(BLOBS)).flatMap(({ key, size, at }) => {
        const hex = key.slice(BLOBS.length);
        return /^[0-9a-f]{64}$/.test(hex) ? [{ digest: `sha256:${hex}`, size, at }] : [];
      }),
    deleteBlob: async (digest) => {
      await client.call({
        method: 'DELETE',
        key: `${BLOBS}${digest.slice('sha256:'.length)}`,
        expect: [204, 200, 404],
      });
    },
    abortUploadsBefore: async (at, dryRun) => {
      let count = 0;
      try {
        const asked = await control();
        for (const { key, uploadId, initiated } of await uploadsOf(asked, bucket)) {
          // One without a date cannot be told to be old.
          if (!key.startsWith(BLOBS) || !(initiated.getTime() < at)) continue;
          if (dryRun || (await abortUpload(asked, bucket, key, uploadId))) count += 1;
        }
      } catch (error) {
        throw clientError('uploads that were not completed', endpoint, error);
      }
      return count;
    },
  };
};

interface Listed {
  readonly name?: string;
  readonly size: number;
  readonly lastModified: Date;
  readonly etag?: string;
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}

/** Of the whole bucket: below a prefix MinIO lists nothing, unless it is the whole key of one object. */
const uploadsOf = async (control: Client, bucket: string): Promise<readonly Upload[]> => {
  const uploads: Upload[] = [];
  for (let marker = ''; ;) {
    const page = await control.listIncompleteUploadsQuery(bucket, '', marker, '', '');
    uploads.push(...page.uploads);
    if (!page.isTruncated || page.nextKeyMarker === '' || page.nextKeyMarker === marker) return uploads;
    marker = page.nextKeyMarker;
  }
};

/** False where it was completed or given up meanwhile. */
const abortUpload = async (control: Client, bucket: string, key: string, uploadId: string): Promise<boolean> => {
  try {
    await control.abortMultipartUpload(bucket, key, uploadId);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'NoSuchUpload') return false;
    throw error;
  }
};
