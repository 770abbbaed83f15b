/** What a table holds in one place: booleans are 0 and 1, times epoch milliseconds, null is missing. */
export type Cell = number | string | null;

/** Nothing there: null, empty text, or NaN, which is how a missing number is served. */
export const isMissing = (cell: Cell): boolean => cell === null || cell === '' || Number.isNaN(cell);

/**
 * The number in a cell, NaN where it is missing or none. `Number` alone makes 0 of null and of blank text, and a missing
 * label would be a negative, a missing time a row of 1970.
 *
 * @example cellNumber('1.5') // 1.5
 * @example cellNumber(null) // NaN
 */
export const cellNumber = (cell: Cell | undefined): number =>
  cell === undefined || cell === null || (typeof cell === 'string' && cell.trim() === '') ? Number.NaN : Number(cell);
