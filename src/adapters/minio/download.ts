import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobRef, Digest } from '../../domain/artifact/types.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import { connectionError, diskError } from './storeErrors.js';

/** Streams a blob to a file beside `path`, and gives it the name only when its digest is right. */
export const downloadToFile = async (
  source: Readable,
  path: string,
  endpoint: string,
  digest: Digest,
): Promise<BlobRef> => {
  const partial = `${path}.${randomUUID()}.partial`;
  const hash = createHash('sha256');
  let size = 0;
  let cut: unknown;
  source.on('error', (error) => {
    cut = error;
  });
  try {
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(partial, { highWaterMark: 4 * 1024 * 1024 }),
    );
    const hex = hash.digest('hex');
    if (`sha256:${hex}` !== digest)
      throw new SlipwayError('digest_mismatch', `blob ${digest} is damaged: its bytes have another digest`, { digest });
    await rename(partial, path);
    return { digest, size };
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof SlipwayError) throw error;
    throw cut === undefined ? diskError(`writing ${path}`, error) : connectionError(`reading ${digest}`, endpoint, cut);
  }
};
