import { SlipwayError } from '../domain/errors/slipwayError.js';
import type { BlobStore } from '../ports/blobStore.js';
import type { Engine } from '../ports/engine.js';

const MARKER = 'pointers/engine.json';
const WATCH_MS = 5_000;

/**
 * Notices an engine that lost its database: the first one that an installation saw is written down in the store, and
 * another one is refused (`temporal_empty`) until an operator has said what to do.
 */
export interface EngineGuard {
  /** Asks the engine now. Errors: `temporal_empty`, `temporal_unreachable`, `store_unreachable`. */
  check(): Promise<void>;
  /** Throws `temporal_empty` when the last check said so; asks nobody. */
  assertSame(): void;
  /** Another engine than before, as the error of `check` names it, is the one of this installation from now on. */
  adopt(identity: string): Promise<void>;
  /** Checks again and again until `stop`; `onChange` hears when the engine was lost, and when it is back. */
  watch(everyMs: number, onChange: (lost: SlipwayError | undefined) => void): { stop(): void };
}

export const createEngineGuard = (engine: Pick<Engine, 'identity'>, store: BlobStore): EngineGuard => {
  let lost: SlipwayError | undefined;
  const check = async (): Promise<void> => {
    const identity = await engine.identity();
    const body = markerOf(identity);
    const known = await store.getDocument(MARKER);
    const first = known === undefined ? await claimed(store, body) : known;
    lost = Buffer.from(first).equals(body) ? undefined : emptied(first, identity);
    if (lost !== undefined) throw lost;
  };
  return {
    check,
    assertSame: () => {
      if (lost !== undefined) throw lost;
    },
    adopt: async (identity) => {
      await store.putDocument(MARKER, markerOf(identity), 'application/json');
      await check();
    },
    watch: (everyMs, onChange) => {
      let before = lost;
      let asking = false;
      const look = async (): Promise<void> => {
        if (asking) return;
        asking = true;
        // An engine that does not answer says nothing about its database.
        await check().catch(() => undefined);
        asking = false;
        if ((before === undefined) !== (lost === undefined)) onChange(lost);
        before = lost;
      };
      const timer = setInterval(() => void look(), everyMs);
      timer.unref();
      return { stop: () => clearInterval(timer) };
    },
  };
};

/** Writes the marker, or reads what another process wrote in between. */
const claimed = async (store: BlobStore, body: Uint8Array): Promise<Uint8Array> => {
  try {
    await store.createDocument(MARKER, body);
    return body;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'precondition_failed') throw error;
    return (await store.getDocument(MARKER)) ?? body;
  }
};

const markerOf = (identity: string): Uint8Array => new TextEncoder().encode(JSON.stringify({ identity }));

const emptied = (first: Uint8Array, now: string): SlipwayError => {
  const { identity: before } = JSON.parse(new TextDecoder().decode(first)) as { identity: string };
  return new SlipwayError('temporal_empty', `Temporal's namespace is ${now}; this installation began with ${before}`, {
    before,
    now,
  });
};

/**
 * For a worker: refuses to begin on an engine that lost its database (`temporal_empty`), and leaves one that does later,
 * so that nobody works in it as if nothing had happened.
 */
export const stayWithEngine = async (guard: EngineGuard, leave: (lost: SlipwayError) => void): Promise<void> => {
  await guard.check();
  guard.watch(WATCH_MS, (lost) => {
    if (lost !== undefined) leave(lost);
  });
};
