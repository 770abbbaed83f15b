/** Looks at what a wait shows that others caused by a message, which anybody who reaches the engine can send. */
export interface Looks {
  /** Somebody said that there is something new. */
  readonly due: boolean;
  /** When it looked for that reason within the last hour, epoch milliseconds. */
  readonly at: readonly number[];
}

export const NO_LOOKS: Looks = { due: false, at: [] };

const HOUR_MS = 3_600_000;
const MOST_PER_HOUR = 12;

/** Beyond the limit it looks with the next decision or reminder, as it does without any message. */
export const mayLook = ({ due, at }: Looks, now: number): boolean => due && recent(at, now).length < MOST_PER_HOUR;

export const looked = ({ at }: Looks, now: number): Looks => ({ due: false, at: [...recent(at, now), now] });

const recent = (at: readonly number[], now: number): readonly number[] => at.filter((one) => one > now - HOUR_MS);
