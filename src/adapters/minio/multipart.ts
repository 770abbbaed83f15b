import type { Client } from 'minio';
import { createReadStream } from 'node:fs';
import { inLanes } from './lanes.js';
import type { S3Client } from './s3Client.js';
import { answerError, clientError, diskError, parseAnswer } from './storeErrors.js';

export const PART_BYTES = 16 * 1024 * 1024;
const PARALLEL = 4;
/** Each part streams from disk in pieces of this size, so four parts hold a few MiB. */
const PIECE_BYTES = 1024 * 1024;

export interface MultipartFile {
  readonly key: string;
  readonly path: string;
  readonly size: number;
  /** CRC-32 per part, from the pass that hashed the file. */
  readonly partChecksums: readonly string[];
}

interface Part {
  readonly number: number;
  readonly etag: string;
  readonly checksum: string;
}

/**
 * Uploads a file in parts, four at a time, and completes it only where the key does not exist yet. Until the
 * completion nothing is visible; after an error the parts are given back. The store checks every part against its
 * checksum of the hashing pass, so a file that changed since, or bytes that changed on the way, are refused.
 * Who completes a key gives up every other upload of it: the file is there, and a killed process gives up nothing.
 * @returns false when the key exists already.
 */
export const uploadParts = async (client: S3Client, control: Client, file: MultipartFile): Promise<boolean> => {
  const { bucket, endpoint } = client.options;
  const uploadId = await control
    .initiateNewMultipartUpload(bucket, file.key, { 'x-amz-checksum-algorithm': 'CRC32' })
    .catch((error: unknown) => {
      throw clientError(`start of the upload of ${file.key}`, endpoint, error);
    });
  const giveUp = (): Promise<void> => control.abortMultipartUpload(bucket, file.key, uploadId).catch(() => undefined);
  try {
    const parts = await sendAll(client, file, uploadId);
    const completed = parts !== undefined && (await complete(client, file.key, uploadId, parts));
    await (completed ? giveUpOthers(client, control, file.key) : giveUp());
    return completed;
  } catch (error) {
    await giveUp();
    throw diskError(`upload of ${file.path}`, error);
  }
};

/** Undefined where somebody else completed the key meanwhile, and this upload was given up. */
const sendAll = async (
  client: S3Client,
  file: MultipartFile,
  uploadId: string,
): Promise<readonly Part[] | undefined> => {
  const parts: Part[] = [];
  let givenUp = false;
  await inLanes(PARALLEL, file.partChecksums.length, async (index) => {
    const part = await sendPart(client, file, uploadId, index);
    if (part === undefined) givenUp = true;
    else parts[index] = part;
    return part !== undefined;
  }).catch((error: unknown) => {
    if (!givenUp) throw error;
  });
  return givenUp ? undefined : parts;
};

const sendPart = async (
  client: S3Client,
  file: MultipartFile,
  uploadId: string,
  index: number,
): Promise<Part | undefined> => {
  const start = index * PART_BYTES;
  const size = Math.min(PART_BYTES, file.size - start);
  const checksum = file.partChecksums[index] ?? '';
  const { status, headers } = await client.call({
    method: 'PUT',
    key: file.key,
    query: { partNumber: String(index + 1), uploadId },
    headers: { 'x-amz-checksum-crc32': checksum },
    body: {
      size,
      open: () => createReadStream(file.path, { start, end: start + size - 1, highWaterMark: PIECE_BYTES }),
    },
    expect: [200, 404],
  });
  if (status === 404) return undefined;
  return { number: index + 1, etag: String(headers.etag), checksum };
};

const complete = async (client: S3Client, key: string, uploadId: string, parts: readonly Part[]): Promise<boolean> => {
  const xml = Buffer.from(
    `<CompleteMultipartUpload>${parts
      .map(
        ({ number, etag, checksum }) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag><ChecksumCRC32>${checksum}</ChecksumCRC32></Part>`,
      )
      .join('')}</CompleteMultipartUpload>`,
  );
  const { status, body } = await client.call({
    method: 'POST',
    key,
    query: { uploadId },
    headers: { 'if-none-match': '*', 'content-type': 'application/xml' },
    body: { size: xml.length, open: () => xml },
    // 404: an earlier attempt completed it, and its answer was lost. The caller looks.
    expect: [200, 404, 412],
  });
  if (status !== 200) return false;
  // A completion may fail after its status line was sent.
  const text = body.toString('utf8');
  if (text.includes('<Error>')) throw answerError(`completion of ${key}`, parseAnswer(500, text));
  return true;
};

/** What cannot be given up now is for the store's own cleaning: the file is there, and that is what was asked for. */
const giveUpOthers = async (client: S3Client, control: Client, key: string): Promise<void> => {
  const { bucket } = client.options;
  try {
    for await (const upload of control.listIncompleteUploads(bucket, key, true) as AsyncIterable<{
      readonly key: string;
      readonly uploadId: string;
    }>)
      if (upload.key === key) await control.abortMultipartUpload(bucket, key, upload.uploadId);
  } catch {
    return;
  }
};
