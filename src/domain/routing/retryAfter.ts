/** When it is worth asking again, as `Retry-After` says it: from what starts and runs took lately. */

const LONGEST_S = 60;

/**
 * Whole seconds; at least one, because nobody is asked to come back at once, and at most a minute: what takes longer is
 * an estimate that nobody should wait for.
 *
 * @param expectedMs undefined: nothing is known, so whoever asks finds out
 */
export const retryAfterSeconds = (expectedMs: number | undefined): number =>
  expectedMs === undefined || Number.isNaN(expectedMs)
    ? 1
    : Math.min(LONGEST_S, Math.max(1, Math.ceil(expectedMs / 1_000)));

/**
 * What is left of something that usually takes so long. What takes longer than it ever did may take as long again as it has
 * taken: a hanging start or run is not always about to end.
 */
export const leftOf = (usualMs: number | undefined, elapsedMs: number): number | undefined =>
  usualMs === undefined ? undefined : elapsedMs < usualMs ? usualMs - elapsedMs : elapsedMs;

/** How long one row takes a model, lately; undefined: none was run. */
export type Pace = number | undefined;

/** What a run weighs against all before it. */
const WEIGHT = 0.2;

export const paceAfter = (pace: Pace, rows: number, milliseconds: number): Pace => {
  const now = milliseconds / Math.max(1, rows);
  return pace === undefined ? now : pace + WEIGHT * (now - pace);
};

interface Waiting {
  /** Rows that wait. */
  readonly rows: number;
  /** The run that they wait for. */
  readonly running?: { readonly rows: number; readonly elapsedMs: number };
}

/** Milliseconds until what waits is through; undefined: nothing has run yet that would tell. */
export const queueMs = (pace: Pace, { rows, running }: Waiting): number | undefined => {
  if (running === undefined) return pace === undefined ? undefined : rows * pace;
  const left = leftOf(pace === undefined ? 0 : running.rows * pace, running.elapsedMs) ?? 0;
  return pace === undefined ? left : left + rows * pace;
};
