interface ReminderPolicy {
  /** Between two reminders, milliseconds; 0 for none. */
  readonly remindAfterMs: number;
  /** From the beginning of the wait, milliseconds. */
  readonly expireAfterMs: number;
}

export type NextReminder =
  /** `number` is the count of reminders once this one is sent. */
  | { readonly kind: 'remind'; readonly at: number; readonly number: number }
  | { readonly kind: 'expire'; readonly at: number };

/**
 * What a wait for people does next, and when (epoch milliseconds, never before `now`). Reminders that were missed
 * while nothing ran are sent as one.
 *
 * @param since when the wait began
 * @param reminders reminders sent so far (the last one's `number`)
 * @param now left out, nothing counts as missed
 */
export const nextReminder = (
  policy: ReminderPolicy,
  since: number,
  reminders: number,
  now: number = since,
): NextReminder => {
  const expireAt = since + policy.expireAfterMs;
  const expiry: NextReminder = { kind: 'expire', at: Math.max(expireAt, now) };
  if (!(policy.remindAfterMs > 0) || now >= expireAt) return expiry;
  const due = Math.floor((now - since) / policy.remindAfterMs);
  const number = Math.max(reminders + 1, due);
  const at = since + number * policy.remindAfterMs;
  return at >= expireAt ? expiry : { kind: 'remind', at: Math.max(at, now), number };
};
