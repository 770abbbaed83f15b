import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFeed, type FeedEvent } from '../../src/server/events/feed.js';
import type { Seen } from '../../src/server/events/look.js';
import { eventually } from '../fixtures/eventually.js';

const open = (remembered: number) => {
  let number = 0;
  let looks = 0;
  const feed = createFeed(
    {
      look: async () => {
        looks += 1;
        return [{ kind: 'release', name: 'release/m/1', model: 'm', state: { number } } satisfies Seen];
      },
    },
    { lookEveryMs: 1, idleAfterMs: 60_000, remembered },
    (error) => assert.fail(String(error)),
  );
  const step = async (): Promise<void> => {
    const before = looks;
    number += 1;
    await eventually(() => assert.ok(looks > before + 1));
  };
  return { feed, step, looks: () => looks };
};

const numberIn = (event: FeedEvent | undefined): unknown => {
  if (event?.kind === 'reset') return ['reset', (event.seen[0]?.state as { number: number }).number];
  return event?.kind === 'change' ? (event.seen.state as { number: number }).number : event?.kind;
};

describe('the feed of changes', () => {
  it('gives who reads too slowly everything as it is now, instead of keeping it', async () => {
    const { feed, step } = open(3);
    const leaving = new AbortController();
    const events = await feed.listen({ wants: () => true, signal: leaving.signal });
    const next = async (): Promise<unknown> => numberIn((await events.next()).value as FeedEvent);
    assert.deepEqual(await next(), ['reset', 0]);
    for (let one = 0; one < 2; one += 1) await step();
    assert.deepEqual([await next(), await next()], [1, 2], 'what is remembered comes in order');
    for (let one = 0; one < 5; one += 1) await step();
    assert.deepEqual(await next(), ['reset', 7]);
    leaving.abort();
    assert.equal((await events.next()).done, true);
  });

  it('looks while somebody listens, and not afterwards', async () => {
    const { feed, step, looks } = open(3);
    const leaving = new AbortController();
    await feed.listen({ wants: () => true, signal: leaving.signal });
    await step();
    leaving.abort();
    // One look may be under way.
    const most = looks() + 1;
    await new Promise((resolve) => setImmediate(resolve));
    const again = new AbortController();
    await feed.listen({ wants: () => true, signal: again.signal });
    assert.ok(looks() <= most + 1, `${looks()} looks, ${most} before`);
    again.abort();
  });
});
