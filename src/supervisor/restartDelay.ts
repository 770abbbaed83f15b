const DELAYS_MS = [100, 500, 1_000, 2_000, 5_000, 10_000] as const;
/** A process that ran this long did not die of what killed it before. */
export const STABLE_MS = 30_000;

/** Deaths in a row, after one more: a stable life in between starts the count anew. */
export const countFailures = (before: number, livedMs: number): number => (livedMs >= STABLE_MS ? 1 : before + 1);

/** Pause before the next start after `failures` deaths in a row, milliseconds: short at first, ten seconds at most. */
export const restartDelay = (failures: number): number =>
  DELAYS_MS[Math.min(Math.max(failures, 1), DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
