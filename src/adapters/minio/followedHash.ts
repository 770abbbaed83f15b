import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FollowedFile } from './hashFollower.js';

export interface FollowedHash {
  /** SHA-256 of the whole file, hex, once all of its parts are told. */
  readonly hex: Promise<string>;
  /** This part is in the file. */
  partWritten(index: number): void;
  stop(): Promise<unknown>;
}

/** Hashes a file on a thread of its own while its parts are written, in whatever order they come. */
export const followHash = (file: Omit<FollowedFile, 'written'>): FollowedHash => {
  const written = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const count = new Int32Array(written);
  const there = new Set<number>();
  const worker = new Worker(new URL('./hashFollower.js', import.meta.url), {
    workerData: { ...file, written } satisfies FollowedFile,
  });
  const hex = once(worker, 'message').then(([digest]) => String(digest));
  // Whoever stops it before its end does not wait for it.
  hex.catch(() => undefined);
  return {
    hex,
    partWritten: (index) => {
      there.add(index);
      let next = Atomics.load(count, 0);
      while (there.delete(next)) next += 1;
      Atomics.store(count, 0, next);
      Atomics.notify(count, 0);
    },
    stop: () => worker.terminate(),
  };
};
