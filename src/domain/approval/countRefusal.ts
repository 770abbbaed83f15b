/** So many refusals within this time are no mistakes any more. */
const MANY = 20;
const WITHIN_MS = 10 * 60_000;
/** Nobody is told again before. */
const QUIET_MS = 60 * 60_000;

/** Messages of one release that were refused; JSON-safe. */
export interface RefusalCount {
  readonly total: number;
  /** When the last ones were, epoch milliseconds, at most MANY. */
  readonly last: readonly number[];
  readonly alertedAt?: number;
}

export const NOTHING_REFUSED: RefusalCount = { total: 0, last: [] };

/** Counts one more; `alert`: somebody must hear of it now. */
export const countRefusal = (
  { total, last, alertedAt }: RefusalCount,
  now: number,
): { readonly count: RefusalCount; readonly alert: boolean } => {
  const recent = [...last, now].slice(-MANY);
  const first = recent[0] ?? now;
  const many = recent.length === MANY && now - first <= WITHIN_MS;
  const alert = many && (alertedAt === undefined || now - alertedAt >= QUIET_MS);
  const told = alert ? now : alertedAt;
  return { count: { total: total + 1, last: recent, ...(told === undefined ? {} : { alertedAt: told }) }, alert };
};
