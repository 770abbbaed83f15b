/** Far above what any environment reaches, and far below where numbers stop being exact: past it nothing could follow. */
export const MAX_EPOCH = 2 ** 40;

/** Epochs rise by one; more is missing only where a ledger was restored from an old copy. */
const MAX_LEAP = 1_000;

/** Is this a number that a fence may have? Sequences are held to the same limit. */
export const isFenceNumber = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= MAX_EPOCH;

export interface KnownEpochs {
  /** Of the arbiter; undefined: there is none. */
  readonly arbiter?: number;
  /** The highest that ledger and target remember. */
  readonly remembered: number;
}

/**
 * Why a passage may not have this epoch; undefined where it may. It comes from the arbiter, so it is never above the
 * arbiter's. The arbiter itself can be started by hand with any number: so the epoch is not far above what ledger and
 * target remember either, and no single command can use up those that follow.
 */
export const epochFault = (epoch: number, { arbiter, remembered }: KnownEpochs): string | undefined => {
  if (!isFenceNumber(epoch)) return `epoch ${epoch} is no number from 0 to ${MAX_EPOCH}`;
  if (arbiter === undefined) return `no arbiter gave out epoch ${epoch}`;
  if (epoch > arbiter) return `epoch ${epoch} was not given out: the arbiter is at ${arbiter}`;
  return leapFault(epoch, remembered);
};

/** Why this epoch cannot follow what is remembered, whoever gave it out. */
export const leapFault = (epoch: number, remembered: number): string | undefined => {
  if (!isFenceNumber(epoch)) return `epoch ${epoch} is no number from 0 to ${MAX_EPOCH}`;
  return epoch > remembered + MAX_LEAP
    ? `epoch ${epoch} is more than ${MAX_LEAP} above ${remembered}, the highest that ledger and target remember`
    : undefined;
};

/** The highest epoch that a stream of an environment names; what is no epoch is no memory. */
export const highestEpoch = (entries: readonly { readonly body: Readonly<Record<string, unknown>> }[]): number =>
  entries.reduce(
    (highest, { body }) => (isFenceNumber(body['epoch']) ? Math.max(highest, body['epoch'] as number) : highest),
    0,
  );
