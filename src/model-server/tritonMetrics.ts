import { Counter, Gauge, type Registry } from 'prom-client';
import type { Inferred } from './inferred.js';
import type { QueueStatus } from './inference/queue.js';

type Timings = Omit<Inferred, 'warnings'>;

export interface TritonMetrics {
  answered(status: number, milliseconds: number): void;
  inferred(timings: Timings): void;
}

/** Why a request failed, in Triton's words. */
type Reason = 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

/**
 * The counters of Triton's `/metrics`, by their names there
 * (https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/metrics.html).
 * Durations are sums over all answered requests, microseconds.
 */
export const countAsTriton = (registry: Registry, status: () => QueueStatus | undefined): TritonMetrics => {
  const sums = { success: 0, rows: 0, whole: 0, queue: 0, input: 0, infer: 0, output: 0 };
  const failures: Record<Reason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  const registers = [registry];
  const counter = (name: string, help: string, value: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  };
  counter('nv_inference_request_success', 'Requests that were answered.', () => sums.success);
  counter('nv_inference_count', 'Rows that were answered.', () => sums.rows);
  counter(
    'nv_inference_exec_count',
    'Runs of the model; requests that came together are one.',
    () => status()?.runs ?? 0,
  );
  counter('nv_inference_request_duration_us', 'Time of answered requests.', () => sums.whole);
  counter('nv_inference_queue_duration_us', 'Time before the model was free.', () => sums.queue);
  counter('nv_inference_compute_input_duration_us', 'Time of reading and checking requests.', () => sums.input);
  counter('nv_inference_compute_infer_duration_us', 'Time in the model.', () => sums.infer);
  counter('nv_inference_compute_output_duration_us', 'Time of writing answers.', () => sums.output);
  new Counter({
    name: 'nv_inference_request_failure',
    help: 'Requests that failed: refused for want of room or time, by the model, or for another reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(failures)) this.inc({ reason }, count);
    },
  });
  new Gauge({
    name: 'nv_inference_pending_request_count',
    help: 'Requests that wait for the model.',
    registers,
    collect() {
      this.set(status()?.waitingRequests ?? 0);
    },
  });
  return {
    answered: (code, milliseconds) => {
      if (code === 200) {
        sums.success += 1;
        sums.whole += microseconds(milliseconds);
      } else failures[reasonOf(code)] += 1;
    },
    inferred: ({ rows, readMs, waitedMs, ranMs, wroteMs }) => {
      sums.rows += rows;
      sums.queue += microseconds(waitedMs);
      sums.input += microseconds(readMs);
      sums.infer += microseconds(ranMs);
      sums.output += microseconds(wroteMs);
    },
  };
};

const reasonOf = (code: number): Reason => {
  if (code === 500) return 'BACKEND';
  if (code === 499) return 'CANCELED';
  return code === 429 || code === 503 ? 'REJECTED' : 'OTHER';
};

const microseconds = (milliseconds: number): number => Math.round(milliseconds * 1_000);
