import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { epochFault, highestEpoch, leapFault, MAX_EPOCH } from '../../../src/domain/rollout/acceptEpoch.js';

describe('epochFault', () => {
  const CASES: readonly (readonly [string, number, number | undefined, number, RegExp | undefined])[] = [
    ['the next passage', 8, 8, 7, undefined],
    ['the first passage of all', 1, 1, 0, undefined],
    ['a passage of which nothing was written down, and the one after it', 9, 9, 7, undefined],
    ['an arbiter that outlived a ledger restored from an old copy', 900, 900, 7, undefined],
    ['a passage of an arbiter that has begun anew since', 7, 8, 6, undefined],
    ['an epoch that the arbiter did not give out', 9, 8, 7, /the arbiter is at 8/],
    ['a passage without an arbiter', 1, undefined, 0, /no arbiter gave out epoch 1/],
    ['an arbiter that was started by hand far ahead', 2_000, 2_000, 7, /more than 1000 above 7/],
    ['the last exact number', 9_007_199_254_740_990, 9_007_199_254_740_990, 7, /no number from 0/],
    ['a fraction', 1.5, 8, 7, /no number from 0/],
  ];
  for (const [name, epoch, arbiter, remembered, expected] of CASES)
    it(`${expected === undefined ? 'takes' : 'refuses'} ${name}`, () => {
      const fault = epochFault(epoch, { ...(arbiter === undefined ? {} : { arbiter }), remembered });
      if (expected === undefined) assert.equal(fault, undefined);
      else assert.match(fault ?? '', expected);
    });

  it('whatever one command claims, a thousand times as many can follow', () => {
    fc.assert(
      fc.property(fc.double(), fc.nat(100_000), (epoch, remembered) => {
        if (leapFault(epoch, remembered) === undefined) assert.ok(MAX_EPOCH - epoch > 1_000 * 1_000);
      }),
    );
  });
});

describe('highestEpoch', () => {
  it('is the highest of every entry that has one, whatever its kind, and of none that is no epoch', () => {
    const entries = [{ epoch: 3 }, { epoch: 9 }, {}, { epoch: 'x' }, { epoch: 9_007_199_254_740_990 }, { epoch: 4 }];
    assert.equal(highestEpoch(entries.map((body) => ({ body }))), 9);
    assert.equal(highestEpoch([]), 0);
  });
});

describe('one entry of a ledger, whatever it names', () => {
  it('moves the highest epoch by no more than a passage may', () => {
    const entries = (epochs: readonly unknown[]) => epochs.map((epoch) => ({ body: { epoch } }));
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.anything(), fc.array(fc.nat(50)), (before, forged, after) => {
        const found = highestEpoch(entries([...before, forged, ...after]));
        assert.ok(found <= Math.max(0, ...before, ...after) + 1_000, String(found));
        assert.ok(found >= Math.max(0, ...before, ...after));
      }),
    );
  });
});
