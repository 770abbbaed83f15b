import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'minio';
import type { Product } from '../fixtures/product.js';

/** A bucket of the installation through a plain S3 client, with none of the product's code in between. */
export interface Bucket {
  keys(prefix: string): Promise<readonly string[]>;
  read(key: string): Promise<Buffer>;
  /** When the object was written last, epoch milliseconds; undefined: there is none. */
  writtenAt(key: string): Promise<number | undefined>;
}

export const openBucket = (product: Product, bucket: string): Bucket => {
  const { hostname, port } = new URL(product.url('store'));
  const keys = JSON.parse(readFileSync(join(product.home, 'keys', 'store.json'), 'utf8')) as {
    accessKey: string;
    secretKey: string;
  };
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, ...keys });
  const list = async (prefix: string): Promise<readonly { readonly name: string; readonly at: number }[]> => {
    const found: { name: string; at: number }[] = [];
    for await (const item of client.listObjectsV2(bucket, prefix, true) as AsyncIterable<{
      name: string;
      lastModified: Date;
    }>)
      found.push({ name: item.name, at: item.lastModified.getTime() });
    return found.sort((one, other) => (one.name < other.name ? -1 : 1));
  };
  return {
    keys: async (prefix) => (await list(prefix)).map(({ name }) => name),
    read: async (key) => {
      const chunks: Buffer[] = [];
      for await (const chunk of await client.getObject(bucket, key)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    writtenAt: async (key) => (await list(key)).find(({ name }) => name === key)?.at,
  };
};
