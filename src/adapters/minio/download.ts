import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { BlobRef, Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { followHash } from './followedHash.js';
import { inLanes } from './lanes.js';
import type { S3Client } from './s3Client.js';
import { connectionError, diskError } from './storeErrors.js';

/** One connection alone leaves half of the machine waiting; parts are written where they belong as they come. */
const PART_BYTES = 16 * 1024 * 1024;
const PARALLEL = 4;

/**
 * Brings a blob into a file beside `path`, and gives it the name only when its digest is right. A large one comes in
 * parts, four at a time; one that was damaged on its way is fetched once more.
 */
export const downloadBlob = async (client: S3Client, key: string, digest: Digest, path: string): Promise<BlobRef> => {
  const partial = `${path}.${randomUUID()}.partial`;
  const fetchOnce = async (): Promise<BlobRef | undefined> => {
    await writeFile(partial, '');
    const { hex, size } = await fetchInto(client, key, digest, partial);
    return `sha256:${hex}` === digest ? { digest, size } : undefined;
  };
  try {
    const blob = (await fetchOnce()) ?? (await fetchOnce());
    if (blob === undefined)
      throw new SlipwayError('digest_mismatch', `blob ${digest} is damaged: its bytes have another digest`, { digest });
    await rename(partial, path);
    return blob;
  } catch (error) {
    await rm(partial, { force: true });
    throw diskError(`writing ${path}`, error);
  }
};

interface Fetched {
  readonly hex: string;
  readonly size: number;
}

const fetchInto = async (client: S3Client, key: string, digest: Digest, file: string): Promise<Fetched> => {
  const fetchPart = (index: number): Promise<Fetched> => {
    const start = index * PART_BYTES;
    return client.stream(
      {
        method: 'GET',
        key,
        headers: { range: `bytes=${start}-${start + PART_BYTES - 1}` },
        // 200 where the store knows no ranges, 416 where the blob is empty.
        expect: index === 0 ? [200, 206, 416] : [206],
      },
      async (response) => {
        if (response.statusCode === 416) {
          response.resume();
          return { hex: createHash('sha256').digest('hex'), size: 0 };
        }
        const hash = createHash('sha256');
        // Of the first part alone: it may be all. The others are hashed on a thread, from the file.
        await writePart(response, file, start, index === 0 ? hash : undefined, () =>
          connectionError(`reading ${digest}`, client.options.endpoint, response.errored ?? 'the body was cut'),
        );
        return { hex: hash.digest('hex'), size: sizeOf(response) };
      },
    );
  };
  const first = await fetchPart(0);
  const parts = Math.ceil(first.size / PART_BYTES);
  if (parts <= 1) return first;
  const hash = followHash({ path: file, size: first.size, partSize: PART_BYTES });
  try {
    hash.partWritten(0);
    await inLanes(PARALLEL, parts - 1, async (at) => {
      await fetchPart(at + 1);
      hash.partWritten(at + 1);
    });
    return { hex: await hash.hex, size: first.size };
  } finally {
    await hash.stop();
  }
};

const writePart = async (
  response: IncomingMessage,
  file: string,
  start: number,
  hash: Hash | undefined,
  cutOff: () => Error,
): Promise<void> => {
  let cut = false;
  response.on('error', () => {
    cut = true;
  });
  try {
    await pipeline(
      response,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash?.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(file, { flags: 'r+', start, highWaterMark: 4 * 1024 * 1024 }),
    );
  } catch (error) {
    throw cut ? cutOff() : diskError(`writing ${file}`, error);
  }
};

/** Of the whole blob: `content-range: bytes 0-99/1000`, or the length of an answer without ranges. */
const sizeOf = ({ headers }: IncomingMessage): number =>
  Number(/\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1] ?? headers['content-length']);
