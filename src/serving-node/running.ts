import type { Digest } from '../domain/artifact/types.js';
import { addTraffic } from '../domain/rollout/countersSince.js';
import type { Fence, TargetVersion, TrafficCounters } from '../domain/rollout/types.js';
import type { RoutableVersion } from '../domain/routing/chooseVersion.js';
import { leftOf } from '../domain/routing/retryAfter.js';
import { Load } from './load.js';
import { readCounters } from './readCounters.js';
import { Replica } from './replica.js';
import type { ModelProcess, ModelProcessOptions } from './supervise/modelProcess.js';

export interface RunningParts {
  /** Starts one more process of it. */
  readonly supervise: (events: Pick<ModelProcessOptions, 'onChange' | 'onGone'>) => ModelProcess;
  /** Whether it may be asked has changed. */
  changed(): void;
  /** One of its processes was taken out of the traffic, so often in a row. */
  ejected(inARow: number): void;
  /** How long a request waits for it, where it slept. */
  coldStartMs(): number;
}

/** One version of a model on this node: what the command says of it, its processes, and what is under way there. */
export class Running implements RoutableVersion {
  retiring = false;
  /** Requests that a server took and never answered, since the last accepted command. */
  lost = 0;
  /** Times that a circuit opened, since the last accepted command. */
  ejections = 0;
  /** Copies that a shadow did not get, since the last accepted command. */
  droppedCopies = 0;
  readonly load = new Load();
  /** Why it has as many processes as it has; absent: it is no matter of its load. */
  scaled: string | undefined;
  /** How many its load wants, where its node has fewer for it. */
  wanted: number | undefined;
  /** What processes counted that were ended on purpose, since the last accepted command. */
  ended: TrafficCounters | undefined;
  #replicas: readonly Replica[] = [];
  #restartsEnded = 0;
  #restartsBefore = 0;
  #asleep: string | undefined;
  #wokenAt: number | undefined;
  /** How long its last process took from its start until it could answer. */
  #startTook: number | undefined;
  #wasReady = false;
  #fence: Fence | undefined;
  readonly #ending = new Set<Promise<void>>();

  constructor(
    public target: TargetVersion,
    private readonly parts: RunningParts,
    asleep?: string,
  ) {
    this.#asleep = asleep;
    this.#wasReady = asleep !== undefined;
    if (asleep === undefined) this.#add();
  }

  /** Whatever happens to it is counted since now: another command was accepted. */
  countAnew(): void {
    this.lost = 0;
    this.ejections = 0;
    this.droppedCopies = 0;
    this.ended = undefined;
    this.#restartsBefore = this.totalRestarts;
    this.load.touch();
  }

  /** Counters of its servers begin again with this fence. */
  async countFrom(fence: Fence): Promise<void> {
    this.#fence = fence;
    await Promise.allSettled(this.#replicas.map((one) => one.process.countFrom(fence)));
  }

  /** Times that a process ended and was started again, since the last accepted command. */
  get restarts(): number {
    return this.totalRestarts - this.#restartsBefore;
  }

  /** The same since the version came. */
  get totalRestarts(): number {
    return this.#replicas.reduce((sum, one) => sum + one.process.status().restarts, this.#restartsEnded);
  }

  get digest(): Digest {
    return this.target.artifactDigest;
  }

  get version(): string {
    return this.target.artifactDigest.slice('sha256:'.length);
  }

  get role(): TargetVersion['role'] {
    return this.target.role;
  }

  get weight(): number {
    return this.target.weight;
  }

  /** Percent of the requests that a shadow gets a copy of. */
  get copies(): number {
    return this.target.copies ?? 0;
  }

  /** Those that drain, too. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** Those that are to stay. */
  get staying(): readonly Replica[] {
    return this.#replicas.filter((one) => !one.draining);
  }

  get inFlight(): number {
    return this.#replicas.reduce((sum, one) => sum + one.inFlight, 0);
  }

  /** May be asked now. */
  get ready(): boolean {
    return this.#replicas.some((one) => one.ready);
  }

  /** Was ready at some time: its failure is news. */
  get wasReady(): boolean {
    return (this.#wasReady ||= this.#replicas.some((one) => one.process.status().wasReady));
  }

  /** Why it sleeps: it has no process, and its own server said before that it served this version. Absent: it does not. */
  get asleep(): string | undefined {
    return this.#asleep;
  }

  /** It slept, and no process of it is ready yet. */
  get waking(): boolean {
    return this.#wokenAt !== undefined;
  }

  /** A request that comes now is answered, though it may have to wait as long as a cold start may take. */
  get answers(): boolean {
    if (this.ready || this.#asleep !== undefined) return true;
    return this.waking && performance.now() - this.#wokenAt! < this.parts.coldStartMs();
  }

  /** Milliseconds until it can answer, as far as its own starts tell; undefined: it has not started here yet. */
  get expectedMs(): number | undefined {
    return leftOf(this.#startTook, this.#wokenAt === undefined ? 0 : performance.now() - this.#wokenAt);
  }

  /** None of its processes gets requests, because those that say they are ready do not answer. */
  get ejected(): boolean {
    return !this.ready && this.#replicas.some((one) => one.ejected);
  }

  /** Whether it may be asked within so many milliseconds, unless it dies. */
  comesWithin(ms: number): boolean {
    return this.staying.some((one) => one.comesWithin(ms));
  }

  /**
   * Who is asked: of those that may be, the one with the least to do.
   *
   * @param last did not answer, and is asked again only where there is no other
   */
  choose(last?: Replica): Replica | undefined {
    let chosen: Replica | undefined;
    for (const one of this.#replicas)
      if (one !== last && one.ready && (chosen === undefined || one.inFlight < chosen.inFlight)) chosen = one;
    return chosen ?? (last?.ready === true ? last : undefined);
  }

  /** So many processes, and why. More are started beside; fewer answer what they have, and end. */
  scale(replicas: number, reason: string): void {
    this.scaled = reason;
    if (replicas === 0) this.#asleep = reason;
    else if (this.#asleep !== undefined) {
      this.#asleep = undefined;
      this.#wokenAt = performance.now();
    }
    const staying = this.staying;
    for (let more = staying.length; more < replicas; more += 1) this.#add();
    const leastUseful = [...staying].sort((a, b) => Number(a.ready) - Number(b.ready) || a.inFlight - b.inFlight);
    for (const one of leastUseful.slice(0, Math.max(0, staying.length - replicas))) one.draining = true;
    this.released();
    this.parts.changed();
  }

  /** A request has ended here: a process that drains may have nothing left. */
  released(): void {
    for (const one of this.#replicas) {
      if (!one.draining || one.leaving || one.inFlight > 0) continue;
      one.leaving = true;
      const ended: Promise<void> = this.#leave(one).finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#replicas.map((one) => one.process.stop()), ...this.#ending]);
    for (const one of this.#replicas) one.disconnect();
  }

  #add(): void {
    const startedAt = performance.now();
    let started = false;
    const onChange = (): void => {
      if (!started && replica.process.status().ready) {
        started = true;
        this.#startTook = performance.now() - startedAt;
      }
      if (this.ready) this.#wokenAt = undefined;
      this.parts.changed();
    };
    const replica: Replica = new Replica(this.parts.supervise({ onChange, onGone: () => replica.disconnect() }), {
      changed: () => this.parts.changed(),
      ejected: (inARow) => {
        this.ejections += 1;
        this.parts.ejected(inARow);
      },
    });
    if (this.#fence !== undefined) void replica.process.countFrom(this.#fence);
    this.#replicas = [...this.#replicas, replica];
  }

  /** What it counted is asked before it ends, and is part of `ended` in the moment in which it is none of the replicas any more. */
  async #leave(replica: Replica): Promise<void> {
    const fence = this.#fence;
    const counted = fence === undefined ? undefined : await readCounters(replica, fence);
    if (counted !== undefined && fence === this.#fence) {
      replica.counted = counted;
      this.ended = this.ended === undefined ? counted : addTraffic(this.ended, counted);
    }
    this.#restartsEnded += replica.process.status().restarts;
    this.#replicas = this.#replicas.filter((one) => one !== replica);
    await replica.process.stop();
    replica.disconnect();
  }
}
