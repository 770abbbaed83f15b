import type { TableColumns } from '../types.js';

/** A text per row that is the same for rows with the same values. */
export const rowKeys = (table: TableColumns, columns: readonly string[]): readonly string[] => {
  const rows = table[columns[0] ?? '']?.length ?? 0;
  const found = columns.map((name) => table[name] ?? []);
  return Array.from({ length: rows }, (_, row) => JSON.stringify(found.map((values) => values[row] ?? null)));
};
