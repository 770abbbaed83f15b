import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { crc32 } from 'node:zlib';

/** Thread that hashes, so that heartbeats of the main thread are never late. Answers each request by its number. */
export interface HashRequest {
  readonly id: number;
  readonly source: { readonly path: string; readonly partSize: number } | { readonly bytes: Uint8Array };
}

export interface HashAnswer {
  readonly id: number;
  readonly result?: FileHash;
  readonly error?: Error;
}

export interface FileHash {
  /** SHA-256 of the whole, hex. */
  readonly hex: string;
  readonly size: number;
  /** CRC-32 of each part, base64 as S3 wants it: what is uploaded later is what was hashed now. */
  readonly partChecksums: readonly string[];
}

/** Reads of 4 MiB: 64 KiB streams halve the speed. */
const READ_BYTES = 4 * 1024 * 1024;

const hashFile = (path: string, partSize: number, buffer: Buffer): FileHash => {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const partChecksums: string[] = [];
    let size = 0;
    let checksum = 0;
    for (;;) {
      const read = readSync(file, buffer, 0, Math.min(READ_BYTES, partSize - (size % partSize)), null);
      if (read === 0) break;
      const chunk = buffer.subarray(0, read);
      hash.update(chunk);
      checksum = crc32(chunk, checksum);
      size += read;
      if (size % partSize === 0) {
        partChecksums.push(encodeChecksum(checksum));
        checksum = 0;
      }
    }
    if (size % partSize !== 0) partChecksums.push(encodeChecksum(checksum));
    if (size !== fstatSync(file).size) throw new Error(`${path} changed while it was read`);
    return { hex: hash.digest('hex'), size, partChecksums };
  } finally {
    closeSync(file);
  }
};

const encodeChecksum = (checksum: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(checksum >>> 0);
  return bytes.toString('base64');
};

let reused: Buffer | undefined;

parentPort?.on('message', ({ id, source }: HashRequest) => {
  try {
    const result =
      'path' in source
        ? hashFile(source.path, source.partSize, (reused ??= Buffer.allocUnsafeSlow(READ_BYTES)))
        : {
            hex: createHash('sha256').update(source.bytes).digest('hex'),
            size: source.bytes.length,
            partChecksums: [],
          };
    parentPort?.postMessage({ id, result } satisfies HashAnswer);
  } catch (error) {
    parentPort?.postMessage({ id, error: error as Error } satisfies HashAnswer);
  }
});
