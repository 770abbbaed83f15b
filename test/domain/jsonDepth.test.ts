import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nestsTooDeep } from '../../src/domain/jsonDepth.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

describe('how deep JSON nests', () => {
  it('counts lists and objects within each other', () => {
    assert.deepEqual(
      [3, 4].map((levels) => nestsTooDeep(nested(levels), 3)),
      [false, true],
    );
    assert.equal(nestsTooDeep({ a: [{ b: 1 }] }, 2), true);
    assert.equal(nestsTooDeep([[1], [2], [3]], 2), false);
    assert.equal(nestsTooDeep(null, 0), false);
  });

  it('follows what no stack of calls could', () => assert.equal(nestsTooDeep(nested(500_000)), true));
});
