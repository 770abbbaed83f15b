import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createS3Client } from './s3Client.js';
import type { MinioOptions } from './blobStore.js';

/** Streams an object of any bucket of the store into a file. */
export const createObjectReader =
  ({ endpoint, accessKey, secretKey, region = 'us-east-1' }: Omit<MinioOptions, 'bucket'>) =>
  async (bucket: string, key: string, path: string): Promise<void> => {
    const client = createS3Client({ endpoint, accessKey, secretKey, bucket, region });
    await client.stream({ method: 'GET', key, expect: [200] }, (body) => pipeline(body, createWriteStream(path)));
  };
