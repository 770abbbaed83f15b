import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellNumber, isMissing, type Cell } from '../../../src/domain/table/cell.js';

const rows: readonly (readonly [Cell | undefined, number])[] = [
  [0, 0],
  [1.5, 1.5],
  ['1', 1],
  [' 2.5 ', 2.5],
  ['-1e3', -1000],
  [null, NaN],
  [undefined, NaN],
  ['', NaN],
  [' \t', NaN],
  [NaN, NaN],
  ['yes', NaN],
  ['2001-07-01', NaN],
  [Infinity, Infinity],
];
for (const [cell, expected] of rows)
  test(`the number in ${JSON.stringify(cell)} is ${expected}`, () => assert.ok(Object.is(cellNumber(cell), expected)));

test('what is missing is told from what is no number', () => {
  assert.deepEqual(['', null, NaN].map(isMissing), [true, true, true]);
  assert.deepEqual(['no', ' ', 0, '0'].map(isMissing), [false, false, false, false]);
});
