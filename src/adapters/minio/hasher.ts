import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { FileHash, HashAnswer, HashRequest } from './hashWorker.js';

export interface Hasher {
  /** SHA-256 of a buffer, hex. */
  bytes(bytes: Uint8Array): Promise<string>;
  /** SHA-256 of a file and the checksums of its parts, in one pass. */
  file(path: string, partSize: number): Promise<FileHash>;
}

/** Below this a hash takes less time (about 0.2 ms) than handing it to another thread. */
const INLINE_BYTES = 256 * 1024;

/** Hashes in a thread that is started when it is first needed, and keeps no process alive. */
export const createHasher = (): Hasher => {
  const waiting = new Map<number, { resolve: (hash: FileHash) => void; reject: (error: unknown) => void }>();
  let worker: Worker | undefined;
  let next = 0;

  const failAll = (error: unknown): void => {
    worker = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./hashWorker.js', import.meta.url));
    started.on('message', ({ id, result, error }: HashAnswer) => {
      const request = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) started.unref();
      if (result !== undefined) request?.resolve(result);
      else request?.reject(error);
    });
    started.on('error', failAll);
    started.on('exit', (code) => failAll(new Error(`the hashing thread ended with code ${code}`)));
    started.unref();
    return started;
  };

  const ask = (source: HashRequest['source']): Promise<FileHash> =>
    new Promise((resolve, reject) => {
      worker ??= start();
      const id = next++;
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, source } satisfies HashRequest);
    });

  return {
    bytes: async (bytes) =>
      bytes.length <= INLINE_BYTES ? createHash('sha256').update(bytes).digest('hex') : (await ask({ bytes })).hex,
    file: (path, partSize) => ask({ path, partSize }),
  };
};
