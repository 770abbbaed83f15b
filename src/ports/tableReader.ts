/** Columns of equal length; booleans are 0/1, timestamps epoch milliseconds, BigInt becomes number; null is missing. */
export type Columns = Readonly<Record<string, readonly (number | string | null)[]>>;

export interface ReadOptions {
  /** Rows at most. */
  readonly limit?: number;
  /** Cancels: nothing goes on reading, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads tables (Parquet, CSV, NDJSON by extension) from local files, outside of this process: a file that crashes its
 * reader is one that cannot be read. Errors: `table_invalid`, also for what is too large to hold.
 */
export interface TableReader {
  read(path: string, columns: readonly string[], options?: ReadOptions): Promise<Columns>;
}
