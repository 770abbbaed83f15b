import { fileURLToPath } from 'node:url';
import { unreadable, type MetricReading } from '../../domain/rollout/metricReading.js';
import { spawnUntrusted } from '../../transport/untrustedChild.js';
import type { MetricQueryQuestion } from './metricQuery.js';

const CHILD = fileURLToPath(new URL('./metricChild.js', import.meta.url));
/** DuckDB takes 512 MiB of it. */
const MEMORY_MIB = 2_048;

/**
 * A query of a model repository may take all memory and never end: it is asked in a process of its own, which is killed
 * when its time is over. Rejects with the reason of `signal` alone.
 */
export const askInProcess = (
  question: MetricQueryQuestion,
  timeoutMs: number,
  signal: AbortSignal,
  scratch?: string,
): Promise<readonly MetricReading[]> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawnUntrusted(CHILD, MEMORY_MIB, scratch);
    const settle = (end: () => void): void => {
      clearTimeout(overdue);
      signal.removeEventListener('abort', cancel);
      child.kill('SIGKILL');
      end();
    };
    const faulty = (reason: string): void => settle(() => resolve(question.versions.map(() => unreadable(reason))));
    const cancel = (): void => settle(() => reject(signal.reason as Error));
    const overdue = setTimeout(() => faulty(`the query did not end in ${timeoutMs / 1000} s`), timeoutMs);
    signal.addEventListener('abort', cancel);
    child.once('message', (readings: readonly MetricReading[]) => settle(() => resolve(readings)));
    child.once('exit', (code, killed) => faulty(`the query ended its process: ${killed ?? `code ${code}`}`));
    child.once('error', () => faulty('the process that runs queries could not be started'));
    child.send(question, (error) => {
      if (error !== null) faulty('the process that runs queries has ended');
    });
  });
