import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { SlipwayError } from '../../src/domain/errors/slipwayError.js';
import { createSettledEpochs } from '../../src/serving-node/state/settledEpochs.js';

const log = pino({ level: 'silent' });
/** A store that is asked for pointers, and answers so. */
const asking = (answer: () => Promise<Uint8Array | undefined>) => {
  const asked: string[] = [];
  const getDocument = (key: string) => {
    asked.push(key);
    return answer();
  };
  return { asked, settled: createSettledEpochs({ getDocument }, 'production', log) };
};
const pointer = (epoch: unknown) => () => Promise.resolve(new TextEncoder().encode(JSON.stringify({ epoch })));

describe('the epoch that was settled last', () => {
  it('is asked of the store once for each model', async () => {
    const { asked, settled } = asking(pointer(7));
    assert.deepEqual(await Promise.all([settled('a', 3), settled('a', 3), settled('b', 7)]), [7, 7, 7]);
    assert.equal(await settled('a', 9), 7);
    assert.deepEqual(asked, ['pointers/environments/a/production.json', 'pointers/environments/b/production.json']);
  });

  it('is none where nothing was settled', async () => {
    assert.equal(await asking(() => Promise.resolve(undefined)).settled('a', 0), 0);
  });

  it('is not what cannot have followed', async () => {
    for (const epoch of [1_004, 2 ** 53, -1, 1.5, '7', null])
      assert.equal(await asking(pointer(epoch)).settled('a', 3), 0);
    assert.equal(await asking(pointer(1_003)).settled('a', 3), 1_003);
  });

  it('cannot be told while the store is dead, which is not asked for each command', async () => {
    const { asked, settled } = asking(() => Promise.reject(new SlipwayError('store_unreachable', 'dead')));
    assert.deepEqual(
      [await settled('a', 3), await settled('a', 3), await settled('a', 3)],
      [undefined, undefined, undefined],
    );
    assert.equal(asked.length, 1);
  });

  it('is not waited for for ever', async () => {
    const { settled } = asking(() => new Promise(() => undefined));
    assert.equal(await settled('a', 3), undefined);
  });
});
