import type { Client } from 'minio';
import type { StoredBlob } from '../../domain/artifact/collectGarbage.js';
import type { Digest } from '../../domain/artifact/types.js';
import type { S3Client } from './s3Client.js';
import { clientError } from './storeErrors.js';

/** What a collection of garbage needs to know and do; nothing else deletes a blob. */
export interface Inventory {
  listBlobs(): Promise<readonly StoredBlob[]>;
  deleteBlob(digest: Digest): Promise<void>;
  /** Uploads in parts that were begun before and never completed. MinIO tells of none, and ends them itself after a day. */
  abortUploadsBefore(at: number, dryRun: boolean): Promise<number>;
}

const BLOBS = 'blobs/sha256/';

export const createInventory = (client: S3Client, control: Client): Inventory => {
  const { bucket, endpoint } = client.options;
  return {
    listBlobs: async () => {
      const found: StoredBlob[] = [];
      try {
        for await (const item of control.listObjectsV2(bucket, BLOBS, true) as AsyncIterable<Listed>) {
          const hex = item.name?.slice(BLOBS.length) ?? '';
          if (/^[0-9a-f]{64}$/.test(hex))
            found.push({ digest: `sha256:${hex}`, size: item.size, at: item.lastModified.getTime() });
        }
      } catch (error) {
        throw clientError('listing blobs', endpoint, error);
      }
      return found;
    },
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
        for await (const upload of control.listIncompleteUploads(bucket, BLOBS, true) as AsyncIterable<Upload>) {
          // One without a date cannot be told to be old.
          if (!(Date.parse(String(upload.initiated)) < at)) continue;
          count += 1;
          if (!dryRun) await control.abortMultipartUpload(bucket, upload.key, upload.uploadId);
        }
      } catch (error) {
        throw clientError('listing uploads', endpoint, error);
      }
      return count;
    },
  };
};

interface Listed {
  readonly name?: string;
  readonly size: number;
  readonly lastModified: Date;
}

interface Upload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated?: unknown;
}
