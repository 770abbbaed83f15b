import type { BlobStore } from '../../src/ports/blobStore.js';

export interface SleepyStore {
  readonly store: BlobStore;
  /** When somebody fell asleep. */
  readonly asleep: Promise<void>;
  wake(): void;
}

/** A store as a worker has it that stops just before its `nth` call of `operation`, and goes on long afterwards. */
export const createSleepyStore = (
  store: BlobStore,
  operation: 'createDocument' | 'putDocument' | 'getDocument' | 'deleteDocument',
  nth = 1,
): SleepyStore => {
  let wake = (): void => undefined;
  const awake = new Promise<void>((resolve) => (wake = resolve));
  let fall = (): void => undefined;
  const asleep = new Promise<void>((resolve) => (fall = resolve));
  let calls = 0;
  const call = store[operation] as (...given: unknown[]) => Promise<unknown>;
  const sleepy = async (...given: unknown[]): Promise<unknown> => {
    calls += 1;
    if (calls === nth) {
      fall();
      await awake;
    }
    return call(...given);
  };
  return { store: { ...store, [operation]: sleepy }, asleep, wake: () => wake() };
};
