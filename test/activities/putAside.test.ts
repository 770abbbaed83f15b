/** What a release left behind is put aside when it is resumed, by workers that may die or sleep in between. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { putAside } from '../../activities/putAside.js';
import type { BlobStore } from '../../src/ports/blobStore.js';
import { createMemoryBlobStore, type MemoryBlobStore } from '../fakes/memoryBlobStore.js';
import { createSleepyStore } from '../fakes/sleepyStore.js';

const NAMES = ['evidence.json', 'release.json', 'report.html'];
let store: MemoryBlobStore;

const write = (name: string, text: string): Promise<void> =>
  store.putDocument(`releases/m/c/${name}`, new TextEncoder().encode(text));
const texts = async (folder: string): Promise<readonly (string | undefined)[]> =>
  Promise.all(
    NAMES.map(async (name) => {
      const body = await store.getDocument(`${folder}/${name}`);
      return body === undefined ? undefined : new TextDecoder().decode(body);
    }),
  );
const move = (through: BlobStore = store): Promise<void> => putAside(through, 'release/m/c', 1);

beforeEach(async () => {
  store = createMemoryBlobStore();
  for (const name of NAMES) await write(name, `first ${name}`);
});

describe('what a release left behind', () => {
  it('is moved once, and what is told afterwards stays', async () => {
    await move();
    assert.deepEqual(await texts('releases/m/c'), [undefined, undefined, undefined]);
    await write('evidence.json', 'second');
    await move();
    assert.deepEqual(await texts('releases/m/c'), ['second', undefined, undefined]);
    assert.deepEqual(
      await texts('releases/m/c/told.1'),
      NAMES.map((name) => `first ${name}`),
    );
  });

  for (const [operation, calls] of [
    ['getDocument', 10],
    ['createDocument', 3],
  ] as const)
    for (let nth = 1; nth <= calls; nth += 1)
      for (const again of ['second', 'first evidence.json'])
        it(`is moved by another worker while one sleeps before call ${nth} of ${operation}, and ${again} stays`, async () => {
          const sleepy = createSleepyStore(store, operation, nth);
          const late = move(sleepy.store);
          await sleepy.asleep;
          await move();
          assert.deepEqual(await texts('releases/m/c'), [undefined, undefined, undefined]);
          await write('evidence.json', again);
          sleepy.wake();
          await late;
          assert.deepEqual(await texts('releases/m/c'), [again, undefined, undefined]);
          assert.deepEqual(
            await texts('releases/m/c/told.1'),
            NAMES.map((name) => `first ${name}`),
          );
        });

  it('stays where somebody writes it anew between the copy and its removal', async () => {
    const sleepy = createSleepyStore(store, 'getDocument', 3);
    const moving = move(sleepy.store);
    await sleepy.asleep;
    await write('evidence.json', 'second');
    sleepy.wake();
    await moving;
    assert.deepEqual(await texts('releases/m/c'), ['second', undefined, undefined]);
  });

  it('is never removed without a copy', async () => {
    await write('told.1/evidence.json', 'of an attempt that died');
    await move();
    assert.deepEqual(await texts('releases/m/c'), ['first evidence.json', undefined, undefined]);
    assert.equal((await texts('releases/m/c/told.1'))[0], 'of an attempt that died');
  });

  it('is nothing, and later evidence is not taken for it', async () => {
    store = createMemoryBlobStore();
    const sleepy = createSleepyStore(store, 'getDocument', 2);
    const late = move(sleepy.store);
    await sleepy.asleep;
    await move();
    await write('evidence.json', 'second');
    sleepy.wake();
    await late;
    assert.deepEqual(await texts('releases/m/c'), ['second', undefined, undefined]);
  });
});
