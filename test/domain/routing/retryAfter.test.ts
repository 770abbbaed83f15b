import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { leftOf, paceAfter, queueMs, retryAfterSeconds, type Pace } from '../../../src/domain/routing/retryAfter.js';

describe('retryAfterSeconds', () => {
  it('is whole seconds, at least one and at most a minute', () => {
    for (const [expected, seconds] of [
      [undefined, 1],
      [0, 1],
      [1_000, 1],
      [1_001, 2],
      [7_300, 8],
      [60_000, 60],
      [3_600_000, 60],
      [Infinity, 60],
      [Number.NaN, 1],
    ] as const)
      assert.equal(retryAfterSeconds(expected), seconds, String(expected));
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.double(), (expected) => {
        const seconds = retryAfterSeconds(expected);
        assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60);
      }),
    );
  });
});

describe('what is left of a start', () => {
  it('is the rest of what it took before, and as long again where it takes longer', () => {
    assert.equal(leftOf(undefined, 5_000), undefined);
    assert.deepEqual([leftOf(4_000, 0), leftOf(4_000, 3_000)], [4_000, 1_000]);
    assert.deepEqual([leftOf(4_000, 4_000), leftOf(4_000, 9_000)], [4_000, 9_000]);
  });
});

describe('how long a queue takes', () => {
  const paceOf = (...runs: readonly (readonly [number, number])[]): Pace =>
    runs.reduce<Pace>((pace, [rows, ms]) => paceAfter(pace, rows, ms), undefined);

  it('is the rows that wait at the pace of late, behind the run under way', () => {
    const pace = paceOf([10, 1_000]);
    assert.equal(pace, 100);
    assert.equal(queueMs(pace, { rows: 20 }), 2_000);
    assert.equal(queueMs(pace, { rows: 20, running: { rows: 10, elapsedMs: 400 } }), 2_600);
    assert.equal(queueMs(pace, { rows: 20, running: { rows: 10, elapsedMs: 5_000 } }), 7_000, 'it hangs');
  });

  it('is not known before anything ran, but for what the first run has taken', () => {
    assert.equal(queueMs(undefined, { rows: 1_000 }), undefined);
    assert.equal(queueMs(undefined, { rows: 1_000, running: { rows: 1, elapsedMs: 3_000 } }), 3_000);
  });

  it('follows the last runs, and one of them does not say everything', () => {
    const steady = paceOf(...Array.from({ length: 20 }, () => [10, 100] as const));
    assert.equal(steady, 10);
    const once = paceAfter(steady, 10, 1_100)!;
    assert.ok(once > 20 && once < 40, String(once));
    const slow = Array.from({ length: 20 }).reduce<Pace>((pace) => paceAfter(pace, 10, 1_100), steady)!;
    assert.ok(slow > 105 && slow <= 110, String(slow));
  });
});
