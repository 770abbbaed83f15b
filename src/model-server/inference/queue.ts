import type { ServingLimits } from '../../contract/servingLimits.js';
import type { ModelTensors } from '../../domain/inference/readRequest.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import { canJoin, join, split, type Job, type Outcome } from './batch.js';
import type { Reply, Run } from './protocol.js';

/** Requests before the model. One run at a time; whoever comes meanwhile is part of the next one. */
export class Queue {
  #waiting: Job[] = [];
  #waitingRows = 0;
  #running: { readonly id: number; readonly jobs: readonly Job[]; readonly since: number } | undefined;
  #planned = false;
  #runs = 0;
  /** Jobs of a joined run that failed run again alone: one caller's values must not fail another's. */
  readonly #alone = new Set<Job>();
  readonly #joinable: boolean;

  constructor(
    private readonly limits: ServingLimits,
    private readonly tensors: ModelTensors,
    private readonly send: (run: Run) => void,
  ) {
    this.#joinable = [...tensors.inputs, ...tensors.outputs].every((spec) => spec.shape[0] === -1);
  }

  /** Undefined when too many rows wait; a request larger than the queue is taken when nobody waits. */
  infer(inputs: readonly Tensor[], rows: number): Promise<Outcome> | undefined {
    if (this.#waiting.length > 0 && this.#waitingRows + rows > this.limits.queueRows) return undefined;
    return new Promise<Outcome>((settle) => {
      this.#waiting.push({ inputs, rows, deadline: performance.now() + this.limits.deadlineMs, settle });
      this.#waitingRows += rows;
      if (this.#running !== undefined || this.#planned) return;
      this.#planned = true;
      // Two turns of the event loop: what other callers sent meanwhile is read in between, and is part of the run.
      setImmediate(() => setImmediate(() => this.#next()));
    });
  }

  answered(reply: Reply): void {
    if (this.#running === undefined || (reply.kind !== 'done' && reply.kind !== 'failed')) return;
    if (reply.id !== this.#running.id) return;
    const { jobs } = this.#running;
    this.#running = undefined;
    this.#settle(jobs, reply);
    this.#next();
  }

  /** Milliseconds since the run under way began; 0 when there is none. */
  busyMs(): number {
    return this.#running === undefined ? 0 : performance.now() - this.#running.since;
  }

  #next(): void {
    this.#planned = false;
    if (this.#running !== undefined) return;
    const jobs = this.#gather(performance.now());
    if (jobs.length === 0) return;
    this.#runs += 1;
    this.#running = { id: this.#runs, jobs, since: performance.now() };
    this.send(join(this.#runs, jobs));
  }

  /** As many waiting jobs, in their order, as one run can take. */
  #gather(now: number): readonly Job[] {
    const jobs: Job[] = [];
    let rows = 0;
    while (this.#waiting.length > 0) {
      const job = this.#waiting[0]!;
      if (job.deadline >= now && !this.#joins(jobs, rows, job)) break;
      this.#waiting.shift();
      this.#waitingRows -= job.rows;
      if (job.deadline < now) {
        this.#alone.delete(job);
        job.settle({ kind: 'expired' });
      } else {
        jobs.push(job);
        rows += job.rows;
      }
    }
    return jobs;
  }

  #joins(jobs: readonly Job[], rows: number, job: Job): boolean {
    const first = jobs[0];
    if (first === undefined) return true;
    if (!this.#joinable || this.#alone.has(first) || this.#alone.has(job)) return false;
    return rows + job.rows <= this.limits.batchRows && canJoin(first, job);
  }

  #settle(jobs: readonly Job[], reply: Extract<Reply, { kind: 'done' | 'failed' }>): void {
    const parts = reply.kind === 'done' ? split(jobs, this.tensors.outputs, reply.outputs) : undefined;
    if (parts === undefined && jobs.length > 1) {
      for (const job of jobs) this.#alone.add(job);
      this.#waiting = [...jobs, ...this.#waiting];
      this.#waitingRows += jobs.reduce((sum, job) => sum + job.rows, 0);
      return;
    }
    for (const [index, job] of jobs.entries()) {
      this.#alone.delete(job);
      const outputs = parts?.[index];
      job.settle(
        outputs === undefined
          ? { kind: 'failed', reason: reply.kind === 'failed' ? reply.reason : 'unexpected outputs' }
          : { kind: 'done', outputs },
      );
    }
  }
}
