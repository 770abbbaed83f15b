import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { addCounts, NO_COUNTS, type FeatureCounts } from '../../../src/domain/inference/featureCounts.js';

const bins = fc.array(fc.nat(1_000), { minLength: 3, maxLength: 3 });
const counts: fc.Arbitrary<FeatureCounts> = fc.record({
  rows: fc.nat(1_000),
  predictions: bins,
  features: fc.record({ hour: bins, origin: bins }),
});
const sum = (all: readonly FeatureCounts[]): FeatureCounts => all.reduce(addCounts, NO_COUNTS);

it('counts add up to the same in any order and in any groups', () => {
  fc.assert(
    fc.property(fc.array(counts, { minLength: 1, maxLength: 8 }), fc.nat(8), (all, at) => {
      const whole = sum(all);
      assert.deepEqual(sum([...all].reverse()), whole);
      assert.deepEqual(addCounts(sum(all.slice(0, at)), sum(all.slice(at))), whole);
      assert.equal(
        whole.features['hour']![1],
        all.reduce((total, one) => total + one.features['hour']![1]!, 0),
      );
    }),
  );
});
