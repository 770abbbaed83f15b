import { setTimeout as delay } from 'node:timers/promises';
import { EMPTY_ROOM, enter, leave } from '../../domain/routing/coldRoom.js';
import type { Deployment } from '../deployment.js';
import type { Running } from '../running.js';

/** What became of waiting for a version that slept. */
export type Woken =
  | { readonly kind: 'ready'; readonly version: Running }
  /** Nobody slept that this request is for. */
  | { readonly kind: 'awake' }
  /** It takes longer than its spec lets a request wait, or too many wait for it. */
  | { readonly kind: 'late' };

export interface ColdStart {
  /**
   * Has a version that sleeps started, once however many ask, and waits until one that `pick` chooses can answer.
   *
   * @param isFor whether the request may be answered by this version
   * @param isOver the caller went away
   */
  wait(
    deployment: Deployment,
    request: { readonly bytes: number; readonly deadline: number },
    isFor: (one: Running) => boolean,
    pick: () => Running | undefined,
    isOver: () => boolean,
  ): Promise<Woken>;
}

export const createColdStart = (): ColdStart => {
  let room = EMPTY_ROOM;
  return {
    wait: async (deployment, { bytes, deadline }, isFor, pick, isOver) => {
      const sleepers = deployment.versions().filter((one) => isFor(one) && (one.asleep !== undefined || one.waking));
      if (sleepers.length === 0) return { kind: 'awake' };
      for (const one of sleepers) deployment.wake(one);
      const entered = enter(room, bytes);
      if (entered === undefined) return { kind: 'late' };
      room = entered;
      for (const one of sleepers) one.load.wait();
      try {
        const budget = Math.max(...sleepers.map((one) => deployment.coldStartMs(one)));
        const until = Math.min(performance.now() + budget, deadline);
        for (;;) {
          const version = pick();
          if (version !== undefined) return { kind: 'ready', version };
          const left = until - performance.now();
          if (left <= 0 || isOver()) return { kind: 'late' };
          await changeWithin(deployment, left);
        }
      } finally {
        for (const one of sleepers) one.load.waited();
        room = leave(room, bytes);
      }
    },
  };
};

/** Resolves at the next change of readiness, or when so many milliseconds have passed. */
export const changeWithin = async (deployment: Deployment, ms: number): Promise<void> => {
  const limit = new AbortController();
  await Promise.race([deployment.changed(), delay(ms, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
};
