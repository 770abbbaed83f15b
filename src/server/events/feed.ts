import { EventEmitter, once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Looking, Seen } from './look.js';

export interface FeedTiming {
  readonly lookEveryMs: number;
  /** Silence after which a listener hears that there is nothing. */
  readonly idleAfterMs: number;
  /** Changes that are remembered for who comes back. */
  readonly remembered: number;
}

export type FeedEvent =
  | { readonly kind: 'reset'; readonly id: string; readonly seen: readonly Seen[] }
  | { readonly kind: 'change'; readonly id: string; readonly seen: Seen }
  | { readonly kind: 'idle' };

export interface Listening {
  /** ID of the last event that was heard: what came since comes now. */
  readonly after?: string;
  readonly wants: (seen: Seen) => boolean;
  /** A release to look at every time. */
  readonly watch?: string;
  readonly signal: AbortSignal;
}

export interface Feed {
  /** Looks first: what cannot be asked is an error here, and not in the middle of the events. */
  listen(listening: Listening): Promise<AsyncGenerator<FeedEvent>>;
}

/**
 * One look for all listeners, and none while there is nobody. Each keeps its own place in the remembered changes, so a
 * slow one costs no memory: it falls behind, and is given the whole state. IDs are `<process>-<number>`: of another process,
 * or from before what is remembered, they begin with the whole state, too.
 */
export const createFeed = (looking: Looking, timing: FeedTiming, warn: (error: unknown) => void): Feed => {
  const process = randomUUID().slice(0, 8);
  const changed = new EventEmitter().setMaxListeners(0);
  const state = new Map<string, Seen>();
  const texts = new Map<string, string>();
  const watched = new Map<string, number>();
  let remembered: Seen[] = [];
  let last = 0;
  let listeners = 0;
  let underWay: Promise<void> | undefined;
  let looping = false;

  const take = (seen: Seen): void => {
    const key = `${seen.kind} ${seen.name}`;
    const text = JSON.stringify(seen.state);
    if ((texts.get(key) ?? 'null') === text) return;
    last += 1;
    remembered = [...remembered, seen].slice(-timing.remembered);
    // Also of what is over, as long as there is room: the engine may list it as running a little longer.
    texts.delete(key);
    texts.set(key, text);
    if (isOver(seen)) state.delete(key);
    else state.set(key, seen);
    for (const old of texts.keys()) {
      if (texts.size <= state.size + OVER_REMEMBERED) break;
      if (!state.has(old)) texts.delete(old);
    }
  };
  const lookOnce = (): Promise<void> => {
    const before = last;
    return (underWay ??= looking
      .look([...watched.keys()])
      .then((all) => all.forEach(take))
      .finally(() => {
        underWay = undefined;
        if (last > before) changed.emit('change');
      }));
  };
  const loop = async (): Promise<void> => {
    if (looping) return;
    looping = true;
    while (listeners > 0) {
      await pause(timing.lookEveryMs, undefined, { ref: false });
      if (listeners > 0) await lookOnce().catch(warn);
    }
    looping = false;
  };
  const join = ({ watch, signal }: Listening): void => {
    listeners += 1;
    if (watch !== undefined) watched.set(watch, (watched.get(watch) ?? 0) + 1);
    signal.addEventListener(
      'abort',
      () => {
        listeners -= 1;
        if (watch === undefined) return;
        const others = watched.get(watch)! - 1;
        if (others > 0) watched.set(watch, others);
        else watched.delete(watch);
      },
      { once: true },
    );
    void loop();
  };
  const idOf = (number: number): string => `${process}-${number}`;
  /** The place behind the event of this ID, where what follows it is still remembered. */
  const placeOf = (id: string | undefined): number | undefined => {
    const [, of, digits] = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id ?? '') ?? [];
    const place = Number(digits);
    return of === process && place <= last && place >= last - remembered.length ? place : undefined;
  };

  async function* tell({ after, wants, signal }: Listening): AsyncGenerator<FeedEvent> {
    let place = placeOf(after);
    while (!signal.aborted) {
      if (place === undefined || place < last - remembered.length) {
        place = last;
        yield { kind: 'reset', id: idOf(place), seen: [...state.values()].filter(wants) };
      } else if (place < last) {
        const seen: Seen = remembered.at(place - last)!;
        place += 1;
        if (wants(seen)) yield { kind: 'change', id: idOf(place), seen };
      } else if (!(await hears(changed, signal, timing.idleAfterMs)) && !signal.aborted) yield { kind: 'idle' };
    }
  }

  return {
    listen: async (listening) => {
      if (!listening.signal.aborted) join(listening);
      await lookOnce();
      return tell(listening);
    },
  };
};

/** Things that are over whose last state is remembered. */
const OVER_REMEMBERED = 1_000;

/** Ended, or no more: told once, and no part of the whole state any longer. */
const isOver = ({ state }: Seen): boolean => state === null || 'outcome' in state;

const hears = async (changed: EventEmitter, signal: AbortSignal, withinMs: number): Promise<boolean> => {
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), withinMs).unref();
  try {
    await once(changed, 'change', { signal: AbortSignal.any([signal, enough.signal]) });
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};
