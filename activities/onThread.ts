import { Worker } from 'node:worker_threads';

/**
 * Asks one question of a file that runs on a thread of its own and posts one answer, so that heartbeats and other work
 * go on meanwhile. A cancel ends the thread.
 */
export const onThread = <Q, A>(file: URL, question: Q, signal: AbortSignal): Promise<A> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const worker = new Worker(file, { workerData: question });
    const stop = (): void => {
      void worker.terminate();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
    const settle = (done: () => void): void => {
      signal.removeEventListener('abort', stop);
      done();
    };
    worker.once('message', (answer: A) => settle(() => resolve(answer)));
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', (code) => settle(() => reject(new Error(`the thread ended with code ${code}`))));
  });
