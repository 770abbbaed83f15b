import { admission, afterLoss, CLOSED, isGivenUp, probed, type Breaker } from '../domain/routing/breaker.js';
import type { TrafficCounters } from '../domain/rollout/types.js';
import { createExchange, type Exchange } from './route/exchange.js';
import type { ModelProcess } from './supervise/modelProcess.js';

/** What became of a request that was asked here. */
export interface Outcome {
  answered(): void;
  lost(): void;
  /** Nobody waits for it any more. */
  givenUp(): void;
  /** It says whether a server that answered nobody is back. */
  readonly decides: boolean;
}

export interface ReplicaEvents {
  /** Whether it may be asked has changed. */
  changed(): void;
  /** It was taken out of the traffic, so often in a row. */
  ejected(inARow: number): void;
}

/** One process of a version: its circuit, its connections, and what is under way there. */
export class Replica {
  inFlight = 0;
  /** Gets nothing new, and ends when what it has is answered. */
  draining = false;
  /** It has been drained, and is being ended. */
  leaving = false;
  /** What it had counted then. */
  counted: TrafficCounters | undefined;
  #breaker: Breaker = CLOSED;
  #reopening: NodeJS.Timeout | undefined;
  #exchange: { readonly socket: string; readonly exchange: Exchange } | undefined;

  constructor(
    readonly process: ModelProcess,
    private readonly events: ReplicaEvents,
  ) {}

  /** May be asked now: its process says that it is ready, and it answers. */
  get ready(): boolean {
    return !this.draining && this.process.status().ready && admission(this.#breaker, performance.now()) !== 'none';
  }

  /** Its process says that it is ready, and does not answer. */
  get ejected(): boolean {
    return this.#breaker.openUntil !== undefined;
  }

  /** Whether it may be asked within so many milliseconds, unless it dies. */
  comesWithin(ms: number): boolean {
    const { openUntil } = this.#breaker;
    return this.process.status().wasReady && (openUntil === undefined || openUntil <= performance.now() + ms);
  }

  /**
   * A request is asked here now: whoever asks says what became of it.
   *
   * @param inference says something of the server; what it tells of itself does not, it may tell that and predict nothing
   */
  ask(inference: boolean): Outcome {
    const probe = inference && admission(this.#breaker, performance.now()) === 'probe';
    if (probe) this.#breaker = probed(this.#breaker);
    const asked = this.#exchange;
    this.inFlight += 1;
    return {
      answered: () => {
        this.inFlight -= 1;
        const { openUntil, lost } = this.#breaker;
        if (!inference || (openUntil === undefined && lost === 0)) return;
        this.#breaker = CLOSED;
        if (openUntil !== undefined) this.events.changed();
      },
      lost: () => {
        this.inFlight -= 1;
        // What the last process lost says nothing of the one that is there now.
        if (inference && (asked === undefined || asked === this.#exchange)) this.#lose(probe);
      },
      givenUp: () => {
        this.inFlight -= 1;
      },
      decides: probe,
    };
  }

  #lose(probe: boolean): void {
    const before = this.#breaker;
    this.#breaker = afterLoss(before, probe, performance.now());
    const { openUntil, openings } = this.#breaker;
    if (openUntil === undefined || openings === before.openings) return;
    this.events.ejected(openings);
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(this.events.changed, openUntil - performance.now() + 1).unref();
    if (isGivenUp(this.#breaker)) this.process.replace('the model server says that it is ready, and answers nobody');
    this.events.changed();
  }

  /** Connections to the server that runs now. */
  exchange(): Exchange | undefined {
    const { socket } = this.process.status();
    if (socket === undefined) return undefined;
    if (this.#exchange?.socket !== socket) {
      this.#exchange?.exchange.close();
      this.#exchange = { socket, exchange: createExchange(socket) };
      this.#breaker = CLOSED;
    }
    return this.#exchange.exchange;
  }

  /** Its process has ended or hangs: requests under way are rejected, and can be sent elsewhere. */
  disconnect(): void {
    this.#exchange?.exchange.close();
    this.#exchange = undefined;
    this.#breaker = CLOSED;
  }
}
