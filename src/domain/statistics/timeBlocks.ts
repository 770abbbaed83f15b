export interface TimeBlocks {
  /** Position of each row's block, ascending by time. */
  readonly index: Int32Array;
  /** Start of each block, epoch milliseconds. */
  readonly starts: readonly number[];
}

/** Rows by blocks of event time (UTC, aligned to the epoch); blocks without a row do not appear. */
export const timeBlocks = (times: ArrayLike<number>, lengthMs: number): TimeBlocks => {
  const starts = new Set<number>();
  const startOf = (row: number): number => Math.floor((times[row] ?? Number.NaN) / lengthMs) * lengthMs;
  for (let row = 0; row < times.length; row += 1) starts.add(startOf(row));
  const sorted = [...starts].sort((a, b) => a - b);
  const position = new Map(sorted.map((start, block) => [start, block]));
  return {
    index: Int32Array.from({ length: times.length }, (_, row) => position.get(startOf(row)) ?? 0),
    starts: sorted,
  };
};
