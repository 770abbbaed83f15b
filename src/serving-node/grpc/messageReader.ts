import { Worker } from 'node:worker_threads';
import { bytesToRead } from '../../domain/inference/grpc/bytesToRead.js';
import { readInferRequest, type InferRequestRead } from '../../domain/inference/grpc/readInferRequest.js';

export interface MessageReader {
  /** Reads a ModelInferRequest; the message is of no use afterwards. Rejects where the thread that reads large ones died. */
  read(message: Buffer): InferRequestRead | Promise<InferRequestRead>;
  close(): Promise<void>;
}

export interface ReadQuestion {
  readonly id: number;
  readonly message: Uint8Array;
  readonly most: number;
}

export interface ReadReply {
  readonly id: number;
  readonly read: InferRequestRead;
}

/** A few milliseconds of the loop that routes and answers health; below, a thread costs more than it saves. */
const LARGE_BYTES = 256 * 1024;

/**
 * Reads small messages, and those that are mostly raw tensors, at once; large typed ones in a thread, one after the other. The
 * protocol allows them up to the size of any request, and KServe's client sends lists that way, so they are not refused: only whoever
 * sends them waits. The thread is started with the first one, and again where it died.
 *
 * @param most bytes that the tensors of a message may have
 */
export const createMessageReader = (most: number): MessageReader => {
  let thread: Worker | undefined;
  let sent = 0;
  const waiting = new Map<number, { resolve: (read: InferRequestRead) => void; reject: (error: Error) => void }>();
  const start = (): Worker => {
    const worker = new Worker(new URL('./readThread.js', import.meta.url));
    const died = (error: Error): void => {
      if (thread !== worker) return;
      thread = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.unref();
    worker.on('message', ({ id, read }: ReadReply) => {
      waiting.get(id)?.resolve(read);
      waiting.delete(id);
    });
    worker.on('error', died);
    worker.on('exit', () => died(new Error('the thread that reads large messages ended')));
    return worker;
  };
  return {
    read: (message) => {
      if (bytesToRead(message) < LARGE_BYTES) return readInferRequest(message, most);
      return new Promise((resolve, reject) => {
        thread ??= start();
        sent += 1;
        waiting.set(sent, { resolve, reject });
        const question: ReadQuestion = { id: sent, message: ownBytes(message), most };
        thread.postMessage(question, [question.message.buffer as ArrayBuffer]);
      });
    },
    close: async () => {
      await thread?.terminate();
    },
  };
};

/** Bytes that can be handed over: those of a message of this size have their memory to themselves, but for its five bytes of framing. */
const ownBytes = (message: Buffer): Uint8Array =>
  message.buffer.byteLength - message.length <= 5 ? message : Uint8Array.from(message);
