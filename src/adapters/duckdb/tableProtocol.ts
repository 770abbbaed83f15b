import type { Value } from './database.js';

/** Values of one column on their way between processes: numbers go as they lie in memory. */
export type Packed = { readonly numbers: Float64Array; readonly missing: readonly number[] } | readonly Value[];

export type TableAnswer =
  /** One column each, in the order of the question; more of them follow. */
  | { readonly kind: 'chunk'; readonly columns: readonly Packed[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'invalid'; readonly message: string; readonly details: Readonly<Record<string, unknown>> };

export const pack = (values: readonly Value[]): Packed => {
  if (values.some((value) => typeof value === 'string')) return values;
  return {
    numbers: Float64Array.from(values, Number),
    missing: values.flatMap((value, index) => (value === null ? [index] : [])),
  };
};

export const unpackInto = (column: Value[], packed: Packed): void => {
  if (!('numbers' in packed)) {
    for (const value of packed) column.push(value);
    return;
  }
  const start = column.length;
  for (const value of packed.numbers) column.push(value);
  for (const index of packed.missing) column[start + index] = null;
};
