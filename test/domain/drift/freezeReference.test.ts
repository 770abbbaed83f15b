import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { freezeReference } from '../../../src/domain/drift/freezeReference.js';
import { binIndex } from '../../../src/domain/drift/histogram.js';
import type { ReferenceHistogram } from '../../../src/domain/rollout/types.js';

const number = { name: 'x', type: 'number', log: 'value' } as const;
const text = { name: 'x', type: 'string', log: 'value' } as const;
const freeze = (
  feature: typeof number | typeof text,
  values: readonly (number | string | null)[],
): ReferenceHistogram => freezeReference([feature], { x: values }, [0.5], {}).features['x'] ?? assert.fail();

test('numbers fall into bins of about equal size between the least and the greatest', () => {
  const { counts } = freeze(
    number,
    Array.from({ length: 1_000 }, (_, index) => index),
  );
  assert.equal(counts.length, 20 + 3);
  assert.deepEqual([counts[0], counts.at(-2), counts.at(-1)], [0, 0, 0]);
  assert.ok(
    counts.slice(1, -2).every((count) => count >= 49 && count <= 51),
    counts.join(),
  );
});

test('values that repeat make fewer bins, and none of them is lost', () => {
  const { counts } = freeze(number, [0, 0, 0, 0, 1, null, Number.NaN]);
  assert.deepEqual(counts, [0, 4, 1, 0, 2]);
});

test('what training never had has bins of its own', () => {
  const frozen = freeze(number, [1, 2, 3, 4, 5]);
  const last = frozen.counts.length - 2;
  assert.deepEqual([binIndex(frozen, 0.9), binIndex(frozen, 5.1), binIndex(frozen, null)], [0, last, last + 1]);
});

test('a value that was trained on is in the same bin when it comes back as FP32', () => {
  const value = fc.oneof(
    fc.integer({ min: -1_000, max: 1_000 }).map((tenths) => tenths / 10),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      // Values closer together than FP32 tells apart cannot be told apart.
      const apart = [...new Set(values.map((one) => Number(Number(one.toFixed(3)).toPrecision(5))))];
      const frozen = freeze(number, apart);
      for (const one of apart) assert.equal(binIndex(frozen, Math.fround(one)), binIndex(frozen, one));
      assert.equal(frozen.counts[0], 0);
      assert.equal(frozen.counts.at(-2), 0);
    }),
  );
});

test('texts are counted by category, the rare ones together', () => {
  const values = Array.from({ length: 60 }, (_, index) => `c${index}`).flatMap((name, index) =>
    index < 50 ? [name, name] : [name],
  );
  const frozen = freeze(text, [...values, null]);
  assert.ok(frozen.kind === 'categorical');
  assert.equal(frozen.categories.length, 50);
  assert.deepEqual(frozen.counts.slice(-2), [10, 1]);
});

test('of no values there is one bin, and the missing', () => {
  assert.deepEqual(freeze(number, []).counts, [0, 0]);
});
