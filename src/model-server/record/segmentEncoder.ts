import { Worker } from 'node:worker_threads';
import { buffersOf, type Segment } from './segment.js';

export interface SegmentEncoder {
  encode(segment: Segment): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface Encoded {
  readonly id: number;
  readonly bytes?: Uint8Array;
  readonly reason?: string;
}

/** The encoding thread; started with the first segment, and again where it died. */
export const createSegmentEncoder = (): SegmentEncoder => {
  let thread: Worker | undefined;
  let sent = 0;
  const waiting = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }>();
  const died = (error: Error): void => {
    thread = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const worker = new Worker(new URL('./encodeThread.js', import.meta.url));
    worker.unref();
    worker.on('message', ({ id, bytes, reason }: Encoded) => {
      const promise = waiting.get(id);
      waiting.delete(id);
      if (bytes === undefined) promise?.reject(new Error(reason ?? 'no bytes'));
      else promise?.resolve(bytes);
    });
    worker.on('error', died);
    worker.on('exit', () => died(new Error('the encoding thread ended')));
    return worker;
  };
  return {
    encode: (segment) =>
      new Promise((resolve, reject) => {
        thread ??= start();
        sent += 1;
        waiting.set(sent, { resolve, reject });
        thread.postMessage({ id: sent, segment }, buffersOf(segment));
      }),
    close: async () => {
      await thread?.terminate();
    },
  };
};
