import type { ReplicaLoad } from '../domain/routing/decideReplicas.js';

/** What one version has to do: requests under way as an average over time, which single moments do not distort. */
export class Load {
  /** Since the look before. */
  refused = 0;
  #inFlight = 0;
  #waiting = 0;
  #area = 0;
  #movedAt = performance.now();
  #lookedAt = performance.now();
  #askedAt = performance.now();

  begin(): void {
    this.#move(1);
  }

  end(): void {
    this.#move(-1);
  }

  /** Somebody waits for it to wake: no work yet, and no reason to sleep. */
  wait(): void {
    this.#waiting += 1;
  }

  waited(): void {
    this.#waiting -= 1;
    this.touch();
  }

  /** As if somebody had asked now. */
  touch(): void {
    this.#askedAt = performance.now();
  }

  /** Begins the next interval. */
  take(): ReplicaLoad {
    this.#move(0);
    const now = this.#movedAt;
    const time = now - this.#lookedAt;
    const taken = {
      inFlight: time > 0 ? this.#area / time : this.#inFlight,
      refused: this.refused,
      quietMs: this.#inFlight + this.#waiting > 0 ? 0 : now - this.#askedAt,
    };
    this.#area = 0;
    this.#lookedAt = now;
    this.refused = 0;
    return taken;
  }

  #move(by: number): void {
    const now = performance.now();
    this.#area += this.#inFlight * (now - this.#movedAt);
    this.#movedAt = now;
    this.#inFlight += by;
    if (by !== 0) this.#askedAt = now;
  }
}
