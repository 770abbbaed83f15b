import { cellNumber, isMissing, type Cell } from '../../table/cell.js';
import type { TableColumns } from '../types.js';

/**
 * Columns of two tables so that equal values look equal. What a column is follows from all of its rows: one odd value
 * makes numbers, times or truth values of a table to text, and none of them equals any of the other table's. Text of digits is
 * taken for the numbers that it is; other text beside numbers cannot be compared, and is named.
 */
export const alignKeys = (
  one: TableColumns,
  other: TableColumns,
  names: readonly string[],
): { readonly incomparable: readonly string[]; readonly one: TableColumns; readonly other: TableColumns } => {
  const kinds = names.map((name) => ({ name, one: kindOf(one[name] ?? []), other: kindOf(other[name] ?? []) }));
  const differing = kinds.filter(
    (kind) => kind.one !== kind.other && (kind.one === 'number' || kind.other === 'number'),
  );
  const readable = differing.filter((kind) => kind.one === 'digits' || kind.other === 'digits').map(({ name }) => name);
  return {
    incomparable: differing.filter((kind) => kind.one === 'text' || kind.other === 'text').map(({ name }) => name),
    one: withNumbers(one, readable),
    other: withNumbers(other, readable),
  };
};

type Kind = 'number' | 'digits' | 'text' | 'nothing';

const kindOf = (cells: readonly Cell[]): Kind => {
  const there = cells.filter((cell) => !isMissing(cell));
  if (there.length === 0) return 'nothing';
  if (there.every((cell) => typeof cell === 'number')) return 'number';
  return there.every((cell) => Number.isFinite(cellNumber(cell))) ? 'digits' : 'text';
};

const withNumbers = (table: TableColumns, names: readonly string[]): TableColumns => ({
  ...table,
  ...Object.fromEntries(
    names.map((name) => [name, (table[name] ?? []).map((cell) => (isMissing(cell) ? null : cellNumber(cell)))]),
  ),
});
