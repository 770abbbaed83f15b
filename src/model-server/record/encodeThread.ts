/** Encodes segments away from the thread that answers: a few thousand rows take tens of milliseconds. */
import { parentPort } from 'node:worker_threads';
import { encodeSegment } from './encode.js';
import type { Segment } from './segment.js';

const port = parentPort!;

port.on('message', ({ id, segment }: { readonly id: number; readonly segment: Segment }) => {
  try {
    const bytes = encodeSegment(segment);
    port.postMessage({ id, bytes }, [bytes.buffer]);
  } catch (error) {
    port.postMessage({ id, reason: error instanceof Error ? error.message : String(error) });
  }
});
