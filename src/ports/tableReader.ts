/** Columns of equal length; booleans are 0/1, timestamps epoch milliseconds, BigInt becomes number; null is missing. */
export type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;

/** Reads tables (Parquet, CSV, NDJSON by extension) from local files. Errors: `table_invalid`, also for what is too large to hold. */
export interface TableReader {
  read(path: string, columns: readonly string[], options?: { readonly limit?: number }): Promise<Columns>;
}
