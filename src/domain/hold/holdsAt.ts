import type { Hold, HoldNotice, Place } from './types.js';

export interface HoldsAt {
  /** In force here and now, the longest last. */
  readonly inForce: readonly Hold[];
  /** When this may be different without anybody doing anything; absent: never, as far as is known. */
  readonly changesAt?: number;
}

/**
 * What keeps new versions of a model out of an environment at an instant. Its end belongs to nobody: at `until` the
 * environment is free.
 *
 * @param now epoch milliseconds
 */
export const holdsAt = (holds: readonly Hold[], place: Place, now: number): HoldsAt => {
  const here = holds.filter((hold) => hold.lifted === undefined && isAbout(hold, place));
  const inForce = here
    .filter((hold) => hold.from <= now && now < endOf(hold))
    .sort((a, b) => endOf(a) - endOf(b) || (a.id < b.id ? -1 : 1));
  const changes = here
    .flatMap(({ from, until }) => [from, until ?? Infinity])
    .filter((at) => at > now && at < Infinity);
  return { inForce, ...(changes.length === 0 ? {} : { changesAt: Math.min(...changes) }) };
};

/** The first instant, from `at` on, at which nothing that is known now holds; undefined: somebody has to lift a hold. */
export const freeFrom = (holds: readonly Hold[], place: Place, at: number): number | undefined => {
  for (let instant = at, left = holds.length; ; left -= 1) {
    const { inForce } = holdsAt(holds, place, instant);
    const last = inForce.at(-1);
    if (last === undefined) return instant;
    if (last.until === undefined || left < 0) return undefined;
    instant = last.until;
  }
};

export const isAbout = (
  { models, environments }: Pick<Hold, 'models' | 'environments'>,
  { model, environment }: Place,
): boolean =>
  (models === undefined || models.includes(model)) &&
  (environments === undefined || environments.includes(environment));

export const noticeOf = ({ id, kind, reason, by, until, override }: Hold): HoldNotice => ({
  id,
  kind,
  reason,
  by,
  override,
  ...(until === undefined ? {} : { until }),
});

const endOf = ({ until }: Hold): number => until ?? Infinity;
