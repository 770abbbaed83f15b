import type { BlobStore } from '../../ports/blobStore.js';
import { createBlobs } from './blobs.js';
import { controlClient } from './controlClient.js';
import { createDocuments } from './documents.js';
import { createHasher } from './hasher.js';
import { probeStore } from './probe.js';
import { createInventory, type Inventory } from './inventory.js';
import { makeLockedBucket, readRetention, type Retention } from './retention.js';
import { createS3Client } from './s3Client.js';
import { clientError } from './storeErrors.js';

export interface MinioOptions {
  /** e.g. `http://127.0.0.1:9000`. */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  readonly region?: string;
  /** Given where a person waits for the answer. */
  readonly answerWithinMs?: number;
}

/** Of the API and the command line: longer than any sound store takes for a document, shorter than people wait. */
export const ANSWER_WITHIN_MS = 10_000;

export interface MinioBlobStore extends BlobStore {
  /** Creates the bucket where it is missing; with object lock, where retention is given and the store has it. */
  ensureBucket(retention?: Retention): Promise<void>;
  /** Everything stored, for the collection of garbage. */
  readonly inventory: Inventory;
  /** What keeps objects of this bucket from being deleted; undefined: nothing does. */
  lockedFor(): Promise<Retention | undefined>;
  /** Races writes against each other on purpose; `store_unsafe` where the store lets more than one win, or stores what it was not sent. */
  probe(): Promise<void>;
}

/**
 * BlobStore on any S3 store. The minio client does control calls (buckets, listings, starting and giving up
 * uploads); bytes go over requests of our own, because its uploads are slow and hold whole parts in memory.
 */
export const createMinioBlobStore = (options: MinioOptions): MinioBlobStore => {
  const { endpoint, bucket, region = 'us-east-1' } = options;
  const control = controlClient({ ...options, region });
  const client = createS3Client({ ...options, region });
  const store: BlobStore = { ...createBlobs(client, control, createHasher()), ...createDocuments(client, control) };
  return {
    ...store,
    probe: () => probeStore(client, store),
    inventory: createInventory(client, control),
    lockedFor: async () => readRetention(await control(), bucket, endpoint),
    ensureBucket: async (retention) => {
      try {
        const asked = await control();
        if (await asked.bucketExists(bucket)) return;
        if (retention === undefined) await asked.makeBucket(bucket, region);
        else await makeLockedBucket(asked, bucket, region, retention);
      } catch (error) {
        // Another process was first.
        if ((error as { code?: string }).code === 'BucketAlreadyOwnedByYou') return;
        throw clientError(`creating bucket ${bucket}`, endpoint, error);
      }
    },
  };
};
