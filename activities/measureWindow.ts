import { Worker } from 'node:worker_threads';
import { measureDrift, type DriftQuestion } from '../src/domain/drift/measureDrift.js';
import type { DriftReport } from '../src/domain/drift/types.js';

/** Values above which a window is measured on a thread; below, the copy costs more than it saves. */
const THREAD_VALUES = 500_000;

/** Measures a window; a large one on a thread, so that heartbeats and other work go on. */
export const measureWindow = (
  question: DriftQuestion,
  signal: AbortSignal,
  threadValues: number = THREAD_VALUES,
): Promise<DriftReport> =>
  question.rows.rows * (question.features.length + 1) < threadValues
    ? Promise.resolve(measureDrift(question))
    : onThread(question, signal);

const onThread = (question: DriftQuestion, signal: AbortSignal): Promise<DriftReport> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const worker = new Worker(new URL('./driftThread.js', import.meta.url), { workerData: question });
    const stop = (): void => {
      void worker.terminate();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
    const settle = (done: () => void): void => {
      signal.removeEventListener('abort', stop);
      done();
    };
    worker.once('message', (report: DriftReport) => settle(() => resolve(report)));
    worker.once('error', (error) => settle(() => reject(error)));
    worker.once('exit', (code) => settle(() => reject(new Error(`the thread ended with code ${code}`))));
  });
