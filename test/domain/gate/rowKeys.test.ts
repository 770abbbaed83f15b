import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowKeys } from '../../../src/domain/gate/rules/rowKeys.js';
import type { TableColumns } from '../../../src/domain/gate/types.js';

const different: readonly (readonly [string, TableColumns])[] = [
  ['a comma in a value', { x: ['a,b', 'a'], y: ['c', 'b,c'] }],
  ['nothing between values', { x: ['ab', 'a'], y: ['c', 'bc'] }],
  ['a quote in a value', { x: ['a","b', 'a'], y: ['c', 'b","c'] }],
  ['a control character in a value', { x: ['a\u0000b', 'a'], y: ['c', 'b\u0000c'] }],
  ['a value in another column', { x: ['a', ''], y: ['', 'a'] }],
  ['nothing, and the word for it', { x: [null, 'null'], y: ['c', 'c'] }],
];
for (const [why, table] of different)
  test(`rows with ${why} are two rows`, () => assert.equal(new Set(rowKeys(table, ['x', 'y'])).size, 2));

test('rows with the same values are the same row, in the columns that are asked for', () => {
  const table: TableColumns = { x: ['a', 'a'], y: [1.5, 1.5], z: [1, 2] };
  assert.equal(new Set(rowKeys(table, ['x', 'y'])).size, 1);
  assert.equal(new Set(rowKeys(table, ['x', 'y', 'z'])).size, 2);
});
