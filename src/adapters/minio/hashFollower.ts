import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** Thread that hashes a file while it is written: it reads a part once that part and all before it are there. */
export interface FollowedFile {
  readonly path: string;
  readonly size: number;
  readonly partSize: number;
  /** One Int32: how many parts from the start are written. */
  readonly written: SharedArrayBuffer;
}

/** Reads of 4 MiB: 64 KiB streams halve the speed. */
const READ_BYTES = 4 * 1024 * 1024;

const { path, size, partSize, written } = workerData as FollowedFile;
const count = new Int32Array(written);
const hash = createHash('sha256');
const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
const file = openSync(path, 'r');
try {
  for (let position = 0; position < size;) {
    const there = Atomics.load(count, 0);
    const end = Math.min(size, there * partSize);
    if (position === end) Atomics.wait(count, 0, there);
    while (position < end) {
      const read = readSync(file, buffer, 0, Math.min(READ_BYTES, end - position), position);
      if (read === 0) throw new Error(`${path} became shorter while it was read`);
      hash.update(buffer.subarray(0, read));
      position += read;
    }
  }
} finally {
  closeSync(file);
}
parentPort?.postMessage(hash.digest('hex'));
