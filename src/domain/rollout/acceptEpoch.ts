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

interface Entry {
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Entries of an environment's stream that name no epoch, or one that a passage can have had after those before it. What
 * is no epoch is no memory; and one entry, damaged or forged, must not use up the epochs of all that follow.
 *
 * @param target the highest epoch that the target was told, which no ledger can forge
 */
export const withinReach = <E extends Entry>(entries: readonly E[], target = 0): readonly E[] => {
  let highest = target;
  return entries.filter(({ body: { epoch } }) => {
    if (epoch === undefined) return true;
    if (!canFollow(epoch, highest)) return false;
    highest = Math.max(highest, epoch);
    return true;
  });
};

/** The highest epoch that a stream of an environment names, as far as its entries are within reach of each other. */
export const highestEpoch = (entries: readonly Entry[], target = 0): number =>
  withinReach(entries, target).reduce((highest, { body: { epoch } }) => Math.max(highest, (epoch ?? 0) as number), 0);

/** Can a passage have had this epoch after the highest one that is remembered? */
export const canFollow = (epoch: unknown, remembered: number): epoch is number =>
  typeof epoch === 'number' && leapFault(epoch, remembered) === undefined;
