import type { ServingLimits } from '../../contract/servingLimits.js';
import type { ModelTensors } from '../../domain/inference/readRequest.js';
import type { Tensor } from '../../domain/inference/tensors.js';
import { paceAfter, queueMs, retryAfterSeconds, type Pace } from '../../domain/routing/retryAfter.js';
import { canJoin, join, split, type Job, type Outcome } from './batch.js';
import type { Reply, Run } from './protocol.js';

/** What waits, and what ran. */
export interface QueueStatus {
  readonly waitingRequests: number;
  readonly runs: number;
}

/** How long a caller waits. */
export interface Patience {
  /** Milliseconds; never longer than the server's own deadline. */
  readonly waitMs: number;
  /** Aborted when the caller went away. */
  readonly gone: AbortSignal;
}

/** Requests before the model. One run at a time; whoever comes meanwhile is part of the next one. */
export class Queue {
  #waiting: Job[] = [];
  #waitingRows = 0;
  #running: { readonly id: number; readonly jobs: readonly Job[]; readonly since: number } | undefined;
  #planned = false;
  #runs = 0;
  /** Wakes when the first deadline has passed. */
  #watch: { readonly due: number; readonly timer: NodeJS.Timeout } | undefined;
  #pace: Pace;
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
  infer(inputs: readonly Tensor[], rows: number, patience?: Patience): Promise<Outcome> | undefined {
    if (this.#waiting.length > 0 && this.#waitingRows + rows > this.limits.queueRows) return undefined;
    return new Promise<Outcome>((settle) => {
      const since = performance.now();
      const deadline = since + Math.min(this.limits.deadlineMs, patience?.waitMs ?? Infinity);
      const job: Job = { inputs, rows, since, deadline, settle };
      this.#waiting.push(job);
      this.#waitingRows += rows;
      patience?.gone.addEventListener('abort', () => this.#cancel(job), { once: true });
      this.#watchUntil(deadline);
      if (this.#running !== undefined || this.#planned) return;
      this.#planned = true;
      // Two turns of the event loop: what other callers sent meanwhile is read in between, and is part of the run.
      setImmediate(() => setImmediate(() => this.#next()));
    });
  }

  answered(reply: Reply): void {
    if (this.#running === undefined || (reply.kind !== 'done' && reply.kind !== 'failed')) return;
    if (reply.id !== this.#running.id) return;
    const { jobs, since } = this.#running;
    this.#running = undefined;
    const ranMs = performance.now() - since;
    this.#pace = paceAfter(this.#pace, rowsOf(jobs), ranMs);
    this.#settle(jobs, reply, { since, ranMs });
    this.#next();
  }

  /** Milliseconds since the run under way began; 0 when there is none. */
  busyMs(): number {
    return this.#running === undefined ? 0 : performance.now() - this.#running.since;
  }

  status(): QueueStatus {
    return { waitingRequests: this.#waiting.length, runs: this.#runs };
  }

  /** When it is worth asking again, after a refusal. */
  retryAfterSeconds(): number {
    const running = this.#running && { rows: rowsOf(this.#running.jobs), elapsedMs: this.busyMs() };
    return retryAfterSeconds(
      queueMs(this.#pace, { rows: this.#waitingRows, ...(running === undefined ? {} : { running }) }),
    );
  }

  close(): void {
    clearTimeout(this.#watch?.timer);
  }

  /** Who waited too long is told so in time, also while the model hangs in one run. */
  #watchUntil(deadline: number): void {
    if (this.#watch !== undefined && this.#watch.due <= deadline) return;
    clearTimeout(this.#watch?.timer);
    const timer = setTimeout(() => this.#expireDue(), Math.max(1, deadline - performance.now()));
    this.#watch = { due: deadline, timer };
  }

  #expireDue(): void {
    this.#watch = undefined;
    const now = performance.now();
    const due = this.#waiting.filter(({ deadline }) => deadline <= now);
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now);
    for (const job of due) {
      this.#waitingRows -= job.rows;
      this.#expire(job);
    }
    const first = this.#waiting.reduce((least, { deadline }) => Math.min(least, deadline), Infinity);
    if (first < Infinity) this.#watchUntil(first);
  }

  /** What runs already runs to its end, for those that it runs with. */
  #cancel(job: Job): void {
    const at = this.#waiting.indexOf(job);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#waitingRows -= job.rows;
    this.#alone.delete(job);
    job.settle({ kind: 'cancelled' });
  }

  /** The first that waits, out of the queue. */
  #take(): Job {
    const job = this.#waiting.shift()!;
    this.#waitingRows -= job.rows;
    return job;
  }

  #expire(job: Job): void {
    this.#alone.delete(job);
    job.settle({ kind: 'expired' });
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
      this.#take();
      if (job.deadline < now) {
        this.#expire(job);
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

  #settle(
    jobs: readonly Job[],
    reply: Extract<Reply, { kind: 'done' | 'failed' }>,
    { since, ranMs }: { readonly since: number; readonly ranMs: number },
  ): void {
    const parts = reply.kind === 'done' ? split(jobs, this.tensors.outputs, reply.outputs) : undefined;
    if (parts === undefined && jobs.length > 1) {
      for (const job of jobs) this.#alone.add(job);
      this.#waiting = [...jobs, ...this.#waiting];
      this.#waitingRows += rowsOf(jobs);
      return;
    }
    for (const [index, job] of jobs.entries()) {
      this.#alone.delete(job);
      const outputs = parts?.[index];
      job.settle(
        outputs === undefined
          ? { kind: 'failed', reason: reply.kind === 'failed' ? reply.reason : 'unexpected outputs' }
          : { kind: 'done', outputs, waitedMs: since - job.since, ranMs },
      );
    }
  }
}

const rowsOf = (jobs: readonly Job[]): number => jobs.reduce((sum, job) => sum + job.rows, 0);
