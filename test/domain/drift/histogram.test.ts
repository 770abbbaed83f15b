import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { binIndex } from '../../../src/domain/drift/histogram.js';
import type { ReferenceHistogram } from '../../../src/domain/rollout/types.js';

const numeric: ReferenceHistogram = { kind: 'numeric', edges: [0, 1, 2.5], counts: [0, 0, 0, 0, 0] };
const categorical: ReferenceHistogram = { kind: 'categorical', categories: ['a', 'b'], counts: [0, 0, 0, 0] };

describe('binIndex', () => {
  for (const [value, bin] of [
    [-1, 0],
    [0, 0],
    [0.1, 1],
    [1, 1],
    [2.5, 2],
    [2.6, 3],
    [Number.POSITIVE_INFINITY, 3],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.NaN, 4],
    [null, 4],
    [undefined, 4],
    ['1', 4],
  ] as const) {
    it(`puts the number ${value} into bin ${bin}`, () => assert.equal(binIndex(numeric, value), bin));
  }

  for (const [value, bin] of [
    ['a', 0],
    ['b', 1],
    ['c', 2],
    ['', 3],
    [null, 3],
    [undefined, 3],
  ] as const) {
    it(`puts the category ${value} into bin ${bin}`, () => assert.equal(binIndex(categorical, value), bin));
  }

  it('has one bin and missing where there are no edges', () => {
    const empty: ReferenceHistogram = { kind: 'numeric', edges: [], counts: [0, 0] };
    assert.deepEqual([binIndex(empty, 7), binIndex(empty, null)], [0, 1]);
  });

  it('agrees with its definition: bin i holds (edges[i-1], edges[i]]', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.double({ noNaN: true }), { maxLength: 20 }),
        fc.double({ noNaN: true }),
        (unsorted, value) => {
          const edges = [...unsorted].sort((a, b) => a - b);
          const bin = binIndex({ kind: 'numeric', edges, counts: [] }, value);
          assert.equal(bin, edges.filter((edge) => edge < value).length);
        },
      ),
    );
  });
});
