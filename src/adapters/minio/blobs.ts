import { createReadStream } from 'node:fs';
import type { BlobRef, Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { BlobStore } from '../../ports/blobStore.js';
import type { Control } from './controlClient.js';
import { downloadBlob } from './download.js';
import type { Hasher } from './hasher.js';
import { readBody } from './httpExchange.js';
import { PART_BYTES, uploadParts } from './multipart.js';
import type { S3Body, S3Client } from './s3Client.js';
import { connectionError, diskError } from './storeErrors.js';

type Blobs = Pick<BlobStore, 'putBlob' | 'getBlob' | 'getBlobToFile' | 'hasBlob'>;

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** Content-addressed blobs at `blobs/sha256/<hex>`: hashed before they are sent, and again whenever they are read. */
export const createBlobs = (client: S3Client, control: Control, hasher: Hasher): Blobs => {
  const hasBlob = async (digest: Digest): Promise<BlobRef | undefined> => {
    const { status, headers } = await client.call({ method: 'HEAD', key: blobKey(digest), expect: [200, 404] });
    return status === 404 ? undefined : { digest, size: Number(headers['content-length']) };
  };

  /** The blob where it is stored; one of another size under this digest is damaged, and cannot be written over. */
  const stored = async ({ digest, size }: BlobRef): Promise<boolean> => {
    const there = await hasBlob(digest);
    if (there !== undefined && there.size !== size)
      throw damaged(digest, `it has ${there.size} bytes, expected ${size}`);
    return there !== undefined;
  };

  const putOnce = async ({ digest }: BlobRef, body: S3Body): Promise<boolean> => {
    const { status } = await client.call({
      method: 'PUT',
      key: blobKey(digest),
      headers: { 'if-none-match': '*', 'content-type': 'application/octet-stream' },
      body,
      expect: [200, 412],
    });
    return status === 200;
  };

  const putBytes = async (bytes: Uint8Array): Promise<BlobRef> => {
    const sha256 = await hasher.bytes(bytes);
    const blob: BlobRef = { digest: `sha256:${sha256}`, size: bytes.length };
    if (await stored(blob)) return blob;
    const body = { size: bytes.length, sha256, open: () => bytes };
    return confirm(blob, await putOnce(blob, body));
  };

  const putFile = async (path: string): Promise<BlobRef> => {
    const { hex, size, partChecksums } = await hasher.file(path, PART_BYTES).catch((error: unknown) => {
      throw diskError(`reading ${path}`, error);
    });
    const blob: BlobRef = { digest: `sha256:${hex}`, size };
    if (await stored(blob)) return blob;
    if (size > PART_BYTES)
      return confirm(
        blob,
        await uploadParts(client, await control(), { key: blobKey(blob.digest), path, size, partChecksums }),
      );
    const open = (): Uint8Array | ReturnType<typeof createReadStream> =>
      size === 0 ? new Uint8Array() : createReadStream(path, { end: size - 1 });
    return confirm(blob, await putOnce(blob, { size, sha256: hex, open }));
  };

  /** Where another writer was first, or an answer was lost: what counts is what the store has now. */
  const confirm = async (blob: BlobRef, written: boolean): Promise<BlobRef> => {
    if (written || (await stored(blob))) return blob;
    throw new SlipwayError('store_unreachable', `the store took ${blob.digest}, and does not have it`, {
      digest: blob.digest,
    });
  };

  return {
    hasBlob,
    putBlob: (source) => (source instanceof Uint8Array ? putBytes(source) : putFile(source.path)),
    getBlob: (digest, maxBytes = DEFAULT_MAX_BYTES) =>
      client.stream({ method: 'GET', key: blobKey(digest), expect: [200] }, async (response) => {
        const size = Number(response.headers['content-length']);
        if (size > maxBytes) {
          response.destroy();
          throw new SlipwayError('too_large', `blob ${digest} has ${size} bytes, more than ${maxBytes}`, {
            digest,
            size,
          });
        }
        const bytes = await readBody(response, maxBytes).catch((error: unknown) => {
          throw connectionError(`reading ${digest}`, client.options.endpoint, error);
        });
        if (`sha256:${await hasher.bytes(bytes)}` !== digest) throw damaged(digest, 'its bytes have another digest');
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      }),
    getBlobToFile: (digest, path) => downloadBlob(client, blobKey(digest), digest, path),
  };
};

const blobKey = (digest: Digest): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

const damaged = (digest: Digest, why: string): SlipwayError =>
  new SlipwayError('digest_mismatch', `blob ${digest} is damaged: ${why}`, { digest });
