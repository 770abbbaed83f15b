import { Worker } from 'node:worker_threads';
import type { ServingLimits } from '../../contract/servingLimits.js';
import type { ModelTensors } from '../../domain/inference/readRequest.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import { SlipwayError } from '../../domain/errors/slipwayError.js';
import type { Outcome } from './batch.js';
import type { Reply, ThreadData } from './protocol.js';
import { Queue, type Patience, type QueueStatus } from './queue.js';

export interface Engine {
  readonly tensors: ModelTensors;
  /** Queues one request; undefined when the queue is full. */
  infer(inputs: readonly Tensor[], rows: number, patience?: Patience): Promise<Outcome> | undefined;
  /** Milliseconds since the run under way began; 0 when there is none. */
  busyMs(): number;
  status(): QueueStatus;
  /** When it is worth asking again, after a refusal. */
  retryAfterSeconds(): number;
  /** Forgets what ran so far, its pace as well: for callers the first request is the first. Nothing may be under way. */
  forget(): void;
  close(): Promise<void>;
}

/**
 * The model in a thread of its own, and the queue before it. What comes in one tick is one run; while a run is under
 * way the next one gathers, so batches grow with the load and a lone request waits for nobody.
 */
export const startEngine = async (
  model: ArrayBuffer,
  limits: ServingLimits,
  onDeath: (reason: string) => void,
): Promise<Engine> => {
  const data: ThreadData = { model, threads: limits.threads };
  const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData: data, transferList: [model] });
  const tensors = await loaded(thread);
  const fresh = (): Queue => new Queue(limits, tensors, (run) => thread.postMessage(run, [run.buffer]));
  let queue = fresh();
  let closing = false;
  thread.on('message', (reply: Reply) => queue.answered(reply));
  thread.on('error', (error) => onDeath(error.message));
  thread.on('exit', (code) => {
    if (!closing) onDeath(`the inference thread ended with code ${code}`);
  });
  return {
    tensors,
    infer: (inputs, rows, patience) => queue.infer(inputs, rows, patience),
    busyMs: () => queue.busyMs(),
    status: () => queue.status(),
    retryAfterSeconds: () => queue.retryAfterSeconds(),
    forget: () => {
      queue.close();
      queue = fresh();
    },
    close: async () => {
      closing = true;
      queue.close();
      await thread.terminate();
    },
  };
};

const loaded = (thread: Worker): Promise<ModelTensors> =>
  new Promise((resolve, reject) => {
    const refuse = (reason: string): void => {
      void thread.terminate();
      reject(new SlipwayError('model_invalid', `the model cannot be loaded: ${reason}`));
    };
    thread.once('error', (error) => refuse(error.message));
    thread.once('message', (reply: Reply) => {
      thread.removeAllListeners('error');
      if (reply.kind === 'loaded') resolve({ inputs: reply.inputs, outputs: reply.outputs });
      else refuse(reply.kind === 'refused' ? reply.reason : 'unexpected reply');
    });
  });
